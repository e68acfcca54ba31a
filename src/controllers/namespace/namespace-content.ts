import type { Client } from "../../client/index.ts";
import { collectionPath } from "../../k8s/resources.ts";
import { type ApiError, isApiError } from "../../k8s/status.ts";
import type { KubeObject } from "../../k8s/types/meta.ts";
import { type ApiResource, discoverResources } from "../api-resources.ts";
import { forEachBounded } from "../bounded.ts";
import { refOf } from "../claim.ts";
import type { ContentReport } from "./namespace-conditions.ts";

const inFlightMax = 8;

/**
 * Deletes all that is in a namespace, pods before anything else, and says what is left. Follows
 * `deleteAllContent` of `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.
 */
export async function deleteContent(client: Client, namespace: string): Promise<ContentReport> {
  const errors: string[] = [];
  const remaining = new Map<string, number>();
  const finalizers = new Map<string, number>();
  let resources: readonly ApiResource[];
  try {
    resources = await discoverResources(client);
  } catch (error) {
    return { discoveryError: messageOf(error), errors, remaining, finalizers };
  }
  const empty = async (resource: ApiResource): Promise<void> => {
    try {
      const left = await deleteAll(client, resource, namespace);
      if (left.length > 0) remaining.set(`${resource.plural}.${resource.group}`, left.length);
      for (const finalizer of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
      }
    } catch (error) {
      errors.push(messageOf(error));
    }
  };
  const deletable = resources.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes("delete"),
  );
  const isPods = ({ group, plural }: ApiResource): boolean => group === "" && plural === "pods";
  await forEachBounded(deletable.filter(isPods), 1, empty);
  // What pods depend on stays until they are gone.
  if (remaining.size === 0 && errors.length === 0) {
    await forEachBounded(
      deletable.filter((resource) => !isPods(resource)),
      inFlightMax,
      empty,
    );
  }
  return { errors, remaining, finalizers };
}

/** Deletes the objects of one type and returns those that are left, waiting for something. */
async function deleteAll(
  client: Client,
  resource: ApiResource,
  namespace: string,
): Promise<readonly KubeObject[]> {
  if (!resource.verbs.includes("list")) return [];
  const { items } = await client.list(resource, { namespace });
  if (items.length === 0) return items;
  if (resource.verbs.includes("deletecollection")) {
    const path = collectionPath(resource, namespace);
    const { status } = await client.request({ method: "DELETE", path });
    if (status >= 400) throw new Error(`DELETE ${path} was answered with status ${status}`);
  } else {
    await forEachBounded(items, inFlightMax, (item) =>
      client.delete(resource, refOf(item)).catch(ignoreNotFound),
    );
  }
  return (await client.list(resource, { namespace })).items;
}

function ignoreNotFound(error: ApiError): void {
  if (!isApiError(error, "NotFound")) throw error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

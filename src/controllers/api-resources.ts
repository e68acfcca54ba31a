import type { Client } from "../client/index.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../k8s/json.ts";
import type { Resource } from "../k8s/resources.ts";
import type { ApiResponse } from "../k8s/transport.ts";

/** A type that the API server serves, with what may be done to its objects. */
export interface ApiResource extends Resource {
  readonly verbs: readonly string[];
}

const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/**
 * All types that the server serves, each once, in the version that the server prefers. By aggregated
 * discovery, so Kubernetes 1.30 or later is asked for.
 *
 * @throws Error when the server does not answer with an APIGroupDiscoveryList.
 */
export async function discoverResources(client: Client): Promise<readonly ApiResource[]> {
  const lists = await Promise.all(["/api", "/apis"].map((path) => discover(client, path)));
  const found = new Map<string, ApiResource>();
  for (const resource of lists.flat()) {
    const key = `${resource.plural}.${resource.group}`;
    // Versions come in the order of preference.
    if (!found.has(key)) found.set(key, resource);
  }
  return [...found.values()];
}

async function discover(client: Client, path: string): Promise<readonly ApiResource[]> {
  const response = await client.request({ method: "GET", path, headers: { accept } });
  const list = objectOf(response);
  if (response.status !== 200 || list?.["kind"] !== "APIGroupDiscoveryList") {
    throw new Error(
      `discovery of ${path}: expected an APIGroupDiscoveryList, found ${list?.["kind"] ?? "no object"} with status ${response.status}`,
    );
  }
  return objects(list["items"]).flatMap((item) => {
    const { name } = isJsonObject(item["metadata"]) ? item["metadata"] : {};
    const group = textOf(name);
    return objects(item["versions"]).flatMap((version) =>
      objects(version["resources"]).flatMap((resource) =>
        parseResource(group, textOf(version["version"]), resource),
      ),
    );
  });
}

function parseResource(group: string, version: string, resource: JsonObject): ApiResource[] {
  const { responseKind, scope, verbs } = resource;
  const plural = textOf(resource["resource"]);
  const kind = isJsonObject(responseKind) ? textOf(responseKind["kind"]) : "";
  if (plural === "" || kind === "" || !Array.isArray(verbs)) return [];
  const namespaced = scope === "Namespaced";
  return [{ group, version, plural, kind, namespaced, verbs: verbs.map(textOf) }];
}

function objectOf({ body }: ApiResponse): JsonObject | undefined {
  if (body.kind === "object") return body.value;
  if (body.kind !== "bytes") return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body.bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

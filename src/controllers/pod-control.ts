import type { Client, EventRecorder } from "../client/index.ts";
import { controllerRef } from "../k8s/owner-refs.ts";
import { pods } from "../k8s/resources.ts";
import { ApiError, isApiError } from "../k8s/status.ts";
import type { Pod, PodSpec, PodTemplateSpec } from "../k8s/types/core.ts";
import type { KubeObject, ToCreate } from "../k8s/types/meta.ts";
import { refOf } from "./claim.ts";

/** A pod from a template, owned by `owner`, its name made by the server from the owner's. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec,
  labels: Readonly<Record<string, string>> = {},
  spec: PodSpec = template.spec,
): ToCreate<Pod> {
  const { metadata } = template;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      labels: { ...metadata?.labels, ...labels },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ...(metadata?.finalizers === undefined ? {} : { finalizers: metadata.finalizers }),
      ownerReferences: [controllerRef(owner)],
    },
    spec,
  };
}

/** Creates and deletes pods for one kind of controller, and records an event of each on the owner. */
export interface PodControl {
  /** @throws what the client throws; a refusal has been recorded, one of a dying namespace not. */
  create(owner: KubeObject, pod: ToCreate<Pod>): Promise<Pod>;
  /** @throws what the client throws, after recording it. */
  delete(owner: KubeObject, pod: Pod): Promise<"deleted" | "was gone">;
}

export function createPodControl(client: Client, recorder: EventRecorder): PodControl {
  return {
    async create(owner, pod) {
      try {
        const created = await client.create(pods, pod);
        const { name } = created.metadata;
        recorder.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${name}`);
        return created;
      } catch (error) {
        if (error instanceof ApiError && !isNamespaceTerminating(error)) {
          recorder.event(owner, "Warning", "FailedCreate", `Error creating: ${error.message}`);
        }
        throw error;
      }
    },
    async delete(owner, pod) {
      try {
        const { uid, name } = pod.metadata;
        await client.delete(pods, refOf(pod), { preconditions: { uid } });
        recorder.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
        return "deleted";
      } catch (error) {
        // A conflict is the precondition: the pod of that name is another one by now.
        if (isApiError(error, "NotFound") || isApiError(error, "Conflict")) return "was gone";
        if (error instanceof ApiError) {
          recorder.event(owner, "Warning", "FailedDelete", `Error deleting: ${error.message}`);
        }
        throw error;
      }
    },
  };
}

/** Whether a creation was refused because its namespace is being deleted: it will never succeed. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const causes = error.status.details?.causes ?? [];
  return causes.some(({ reason }) => reason === "NamespaceTerminating");
}

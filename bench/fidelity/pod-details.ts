import type { HollowRequest } from "./requests.ts";
import { groupBy } from "./statistics.ts";

/** Requests of a kubelet's status manager about one pod. */
function podOf({ event }: HollowRequest): string | undefined {
  const { resource, namespace, name } = event.objectRef ?? {};
  return resource === "pods" && name !== undefined ? `${namespace}/${name}` : undefined;
}

/**
 * Adds to the shapes of requests about single pods what they are for. A kubelet gets a pod before
 * it patches its status or deletes it (syncPod in pkg/kubelet/status/status_manager.go), and since
 * 1.34 it may patch `observedGeneration` by itself if it is in time: how often is a matter of
 * chance, which must not hide in the number of all PATCHes.
 */
export function withPodDetails(requests: readonly HollowRequest[]): readonly HollowRequest[] {
  const details = new Map<HollowRequest, string>();
  const ofPods = requests.filter((request) => podOf(request) !== undefined);
  for (const ofPod of groupBy(ofPods, (request) => podOf(request) ?? "").values()) {
    // From the last to the first, so that what a GET is for is known already.
    let next = "nothing";
    for (const request of [...ofPod].reverse()) {
      const { verb } = request.shape;
      if (verb === "get") {
        details.set(request, `before ${next}`);
        next = "nothing";
      } else {
        next = verb === "patch" ? patchDetail(request) : verb;
        if (verb === "patch") details.set(request, next);
      }
    }
  }
  return requests.map((request) => {
    const detail = details.get(request);
    return detail === undefined ? request : { ...request, shape: { ...request.shape, detail } };
  });
}

interface PodStatusPatch {
  readonly phase?: string;
  readonly conditions?: readonly object[];
  readonly containerStatuses?: readonly { readonly state?: object }[];
}

function stateOf({ phase, containerStatuses = [] }: PodStatusPatch): string {
  const states = [...new Set(containerStatuses.flatMap(({ state }) => Object.keys(state ?? {})))];
  return [phase, ...states].filter((word) => word !== undefined).join(" ");
}

function patchDetail({ event }: HollowRequest): string {
  const { status = {} } = (event.requestObject ?? {}) as { readonly status?: PodStatusPatch };
  const fields = Object.keys(status).filter((field) => !field.startsWith("$"));
  const conditionFields = (status.conditions ?? []).flatMap((condition) => Object.keys(condition));
  const isOfGeneration =
    fields.every((field) => field === "observedGeneration" || field === "conditions") &&
    conditionFields.every((field) => field === "observedGeneration" || field === "type");
  if (isOfGeneration) return "patch of observedGeneration alone";
  const state = stateOf(status);
  return state === "" ? "patch of conditions alone" : `patch to ${state}`;
}

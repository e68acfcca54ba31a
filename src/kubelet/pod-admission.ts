/** What a node has to give, or its pods have taken, by resource: `cpu` in thousandths, the rest in units. */
export type Amounts = ReadonlyMap<string, number>;

/** Why a kubelet does not take a pod: `status.reason` and `status.message`. */
export interface PodRejection {
  readonly reason: string;
  readonly message: string;
}

/** The resources that the kubelet checks before all others, in its order. */
const nativeResources = ["cpu", "memory", "ephemeral-storage"];

/**
 * Whether a node has room for a pod beside those it has, as the kubelet decides it
 * (`pkg/kubelet/lifecycle/predicate.go`, `noderesources.Fits`). Resources that the node does not
 * know are not its business, unless they are native ones.
 *
 * @param allocatable of the node; its `pods` bounds the number of pods
 * @param requests of the new pod
 * @param taken the requests of the pods that the node runs
 */
export function admitPod(
  allocatable: Amounts,
  requests: Amounts,
  taken: readonly Amounts[],
): PodRejection | undefined {
  const podsMax = allocatable.get("pods") ?? 0;
  if (taken.length + 1 > podsMax) return rejection("pods", 1, taken.length, podsMax);
  for (const name of nativeResources) {
    const rejected = checkResource(name, allocatable, requests, taken);
    if (rejected) return rejected;
  }
  for (const name of requests.keys()) {
    if (nativeResources.includes(name) || !allocatable.has(name)) continue;
    const rejected = checkResource(name, allocatable, requests, taken);
    if (rejected) return rejected;
  }
  return undefined;
}

function checkResource(
  name: string,
  allocatable: Amounts,
  requests: Amounts,
  taken: readonly Amounts[],
): PodRejection | undefined {
  const requested = requests.get(name) ?? 0;
  if (requested === 0) return undefined;
  const capacity = allocatable.get(name) ?? 0;
  let used = 0;
  for (const amounts of taken) used += amounts.get(name) ?? 0;
  return used + requested > capacity ? rejection(name, requested, used, capacity) : undefined;
}

function rejection(name: string, requested: number, used: number, capacity: number): PodRejection {
  return {
    reason: `OutOf${name}`,
    message:
      `Pod was rejected: Node didn't have enough resource: ${name}, ` +
      `requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

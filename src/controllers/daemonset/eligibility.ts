import { matchesPodNodeAffinity } from "../../k8s/node-selector.ts";
import { firstUntolerated } from "../../k8s/taints.ts";
import type { Node, PodSpec, PodTemplateSpec, Toleration } from "../../k8s/types/core.ts";

/** What a DaemonSet wants of a node: a pod, at least to keep the one there is, or none. */
export type Eligibility = "run" | "keep" | "none";

/** What every daemon pod tolerates: that is how it gets to nodes that are not ready for others. */
const daemonTolerations: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

const hostNetworkToleration: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

/** `AddOrUpdateDaemonPodTolerations` of `pkg/controller/daemon/util/daemonset_util.go`. */
export function tolerationsOf({ tolerations = [], hostNetwork }: PodSpec): readonly Toleration[] {
  const added =
    hostNetwork === true ? [...daemonTolerations, hostNetworkToleration] : daemonTolerations;
  const isSame = (left: Toleration, right: Toleration): boolean =>
    left.key === right.key && left.effect === right.effect && left.operator === right.operator;
  return [...tolerations.filter((each) => !added.some((other) => isSame(each, other))), ...added];
}

/** `NodeShouldRunDaemonPod` of `pkg/controller/daemon/daemon_controller.go`. */
export function eligibility({ spec }: PodTemplateSpec, node: Node): Eligibility {
  const { nodeName = "" } = spec;
  if (nodeName !== "" && nodeName !== node.metadata.name) return "none";
  if (!matchesPodNodeAffinity(spec, node)) return "none";
  const { taints } = node.spec ?? {};
  if (taints === undefined || taints.length === 0) return "run";
  const tolerations = tolerationsOf(spec);
  if (firstUntolerated(taints, tolerations, ["NoSchedule", "NoExecute"]) === undefined)
    return "run";
  return firstUntolerated(taints, tolerations, ["NoExecute"]) === undefined ? "keep" : "none";
}

/**
 * The same, each answer kept as long as both objects are: a DaemonSet looks at all nodes whenever
 * one of its pods changes.
 */
export function createEligibility(): typeof eligibility {
  const answers = new WeakMap<PodTemplateSpec, WeakMap<Node, Eligibility>>();
  return (template, node) => {
    const byNode = answers.get(template) ?? new WeakMap<Node, Eligibility>();
    answers.set(template, byNode);
    const known = byNode.get(node);
    if (known !== undefined) return known;
    const answer = eligibility(template, node);
    byNode.set(node, answer);
    return answer;
  };
}

import { labelRequirements, requirementsMatcher } from "../k8s/label-selector.ts";
import { matchesPodNodeAffinity } from "../k8s/node-selector.ts";
import { firstUntolerated } from "../k8s/taints.ts";
import type { TopologySpreadConstraint } from "../k8s/types/core.ts";
import type { LabelSelector } from "../k8s/types/meta.ts";
import type { ClusterState } from "./cluster-state.ts";
import { namespaceScope, type PodMatcher, replicasScope } from "./pod-counts.ts";
import type { PodInfo } from "./pod-info.ts";

export const hostnameLabel = "kubernetes.io/hostname";

/** A constraint of a pod, ready to be counted. */
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** The pods that are to be spread. */
  readonly matcher: PodMatcher;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** The constraints that the pod itself states, of one severity. */
export function statedConstraints(
  pod: PodInfo,
  severity: TopologySpreadConstraint["whenUnsatisfiable"],
): readonly SpreadConstraint[] {
  return (pod.pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === severity)
    .map((constraint) => ({
      topologyKey: constraint.topologyKey,
      maxSkew: constraint.maxSkew,
      minDomains: constraint.minDomains ?? 1,
      matcher: selectorMatcher(pod, constraint),
      honorsAffinity: constraint.nodeAffinityPolicy !== "Ignore",
      honorsTaints: constraint.nodeTaintsPolicy === "Honor",
    }));
}

/**
 * What a pod without constraints gets (`systemDefaultConstraints`): the replicas of its
 * controller, or else the pods of its Services, are spread over nodes and zones.
 */
export function defaultConstraints(
  pod: PodInfo,
  cluster: ClusterState,
): readonly SpreadConstraint[] {
  const matcher = replicasMatcher(pod) ?? serviceMatcher(pod, cluster);
  if (matcher === undefined) return [];
  const common = { minDomains: 1, matcher, honorsAffinity: true, honorsTaints: false };
  return [
    { ...common, topologyKey: hostnameLabel, maxSkew: 3 },
    { ...common, topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
  ];
}

/** Whether a node counts for a constraint; undefined: all nodes do. */
export function eligibility(
  { honorsAffinity, honorsTaints }: SpreadConstraint,
  { pod: { spec } }: PodInfo,
  { nodes }: ClusterState,
): ((row: number) => boolean) | undefined {
  const hasAffinity = spec.nodeSelector !== undefined || spec.affinity?.nodeAffinity !== undefined;
  const asksAffinity = honorsAffinity && hasAffinity;
  const asksTaints = honorsTaints && nodes.hasTaints;
  if (!asksAffinity && !asksTaints) return undefined;
  return (row) => {
    const node = nodes.nodeAt(row);
    if (asksAffinity && !matchesPodNodeAffinity(spec, node)) return false;
    if (!asksTaints) return true;
    const { tolerations } = spec;
    const taint = firstUntolerated(node.spec?.taints, tolerations, ["NoSchedule", "NoExecute"]);
    return taint === undefined;
  };
}

function selectorMatcher(
  { namespace, labels = {} }: PodInfo,
  { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
): PodMatcher {
  const selector = withLabelKeys(labelSelector, labels, matchLabelKeys);
  const matches =
    selector === undefined ? () => false : requirementsMatcher(labelRequirements(selector));
  return {
    key: `selector ${namespace} ${JSON.stringify(selector)}`,
    scope: namespaceScope(namespace),
    matches: (pod) => pod.namespace === namespace && !pod.isTerminating && matches(pod.labels),
  };
}

/** `matchLabelKeys`: the pod's own values of these labels are part of the selector. */
function withLabelKeys(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
  keys: readonly string[],
): LabelSelector | undefined {
  if (selector === undefined) return undefined;
  const own = keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]]));
  if (own.length === 0) return selector;
  return { ...selector, matchLabels: { ...selector.matchLabels, ...Object.fromEntries(own) } };
}

/** The selector of a ReplicaSet finds exactly the pods it controls, so those are counted. */
function replicasMatcher({ replicasOf }: PodInfo): PodMatcher | undefined {
  if (replicasOf === undefined) return undefined;
  return {
    key: `replicas ${replicasOf}`,
    scope: replicasScope(replicasOf),
    matches: (pod) => pod.replicasOf === replicasOf && !pod.isTerminating,
  };
}

function serviceMatcher(pod: PodInfo, cluster: ClusterState): PodMatcher | undefined {
  const matchLabels = cluster.serviceLabels(pod);
  if (matchLabels === undefined) return undefined;
  const { namespace } = pod;
  const matches = requirementsMatcher(labelRequirements({ matchLabels }));
  return {
    key: `services ${namespace} ${JSON.stringify(matchLabels)}`,
    scope: namespaceScope(namespace),
    matches: (each) => each.namespace === namespace && !each.isTerminating && matches(each.labels),
  };
}

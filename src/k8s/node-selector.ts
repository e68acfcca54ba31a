import { satisfies } from "./label-selector.ts";
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from "./types/core.ts";

/** Whether the node satisfies one of the terms (`component-helpers/scheduling/corev1/nodeaffinity`). */
export function matchesNodeSelector(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some((term) => matchesNodeSelectorTerm(term, node));
}

/** Whether the node satisfies all that a term asks for; an empty term matches nothing. */
export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const { labels, name } = node.metadata;
  return (
    matchExpressions.every((requirement) => holds(labels, requirement)) &&
    matchFields.every((requirement) => holds({ "metadata.name": name }, requirement))
  );
}

/** Whether a pod may run there by its `nodeSelector` and its required node affinity. */
export function matchesPodNodeAffinity(
  spec: Pick<PodSpec, "nodeSelector" | "affinity">,
  node: Node,
): boolean {
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) return false;
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required.nodeSelectorTerms, node);
}

/**
 * The names of the nodes that the pod's required affinity leaves, when every term of it names
 * nodes (as a DaemonSet's pods do); undefined when it says nothing about names.
 */
export function affinityNodeNames(
  spec: Pick<PodSpec, "affinity">,
): ReadonlySet<string> | undefined {
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const byName = matchFields.find(
      ({ key, operator }) => key === "metadata.name" && operator === "In",
    );
    if (byName === undefined) return undefined;
    for (const name of byName.values ?? []) names.add(name);
  }
  return names;
}

function holds(
  labels: Readonly<Record<string, string>> | undefined,
  { key, operator, values = [] }: NodeSelectorRequirement,
): boolean {
  return satisfies(labels, { key, operator, values });
}

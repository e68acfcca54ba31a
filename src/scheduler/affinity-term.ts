import { type LabelMatcher, labelMatcher } from "../k8s/label-selector.ts";
import type { PodAffinityTerm } from "../k8s/types/core.ts";
import { everywhere, type PodMatcher } from "./pod-counts.ts";

/** Labels of a namespace; undefined while it is not known. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined;

/** What a term looks at. */
interface LabelledPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/** A term of a pod's (anti-)affinity to other pods, ready to be matched. */
export interface AffinityTerm {
  /** Equal for terms that say the same. */
  readonly key: string;
  readonly topologyKey: string;
  matches(pod: LabelledPod): boolean;
}

/**
 * Reads a term of a pod in `ownNamespace`: it looks at the namespaces it lists and at those that
 * its selector finds; at its own only when it says neither.
 */
export function createAffinityTerm(
  term: PodAffinityTerm,
  ownNamespace: string,
  namespaceLabels: NamespaceLabels,
): AffinityTerm {
  const { topologyKey, labelSelector, namespaces: listed = [], namespaceSelector } = term;
  const isOwn = listed.length === 0 && namespaceSelector === undefined;
  const namespaces = new Set(isOwn ? [ownNamespace] : listed);
  const matchesLabels = labelMatcher(labelSelector);
  const matchesNamespace: LabelMatcher = labelMatcher(namespaceSelector);
  return {
    key: JSON.stringify([topologyKey, [...namespaces].sort(), labelSelector, namespaceSelector]),
    topologyKey,
    matches: ({ namespace, labels }) =>
      matchesLabels(labels) &&
      (namespaces.has(namespace) ||
        (namespaceSelector !== undefined && matchesNamespace(namespaceLabels(namespace) ?? {}))),
  };
}

/** The question how many pods a term matches. */
export function termMatcher(term: AffinityTerm): PodMatcher {
  return { key: `term ${term.key}`, scope: everywhere, matches: (pod) => term.matches(pod) };
}

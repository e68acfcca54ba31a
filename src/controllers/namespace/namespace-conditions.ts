import { toTime } from "../../base/rfc3339.ts";
import { findCondition, withCondition } from "../../k8s/conditions.ts";
import type { Condition } from "../../k8s/types/meta.ts";

/** How far the deletion of a namespace's content has come. */
export interface ContentReport {
  /** Why the types could not be found out. */
  readonly discoveryError?: string;
  /** What went wrong, by type. */
  readonly errors: readonly string[];
  /** Objects that are left, by type: `pods.` (the dot is Kubernetes'), `deployments.apps`. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Objects that are left because of a finalizer, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
}

interface Finding {
  readonly type: string;
  readonly okReason: string;
  readonly okMessage: string;
  /** Reason and message of the trouble, if there is one. */
  trouble(report: ContentReport): readonly [reason: string, message: string] | undefined;
}

/** `pkg/controller/namespace/deletion/status_condition_utils.go`. */
const findings: readonly Finding[] = [
  {
    type: "NamespaceDeletionDiscoveryFailure",
    okReason: "ResourcesDiscovered",
    okMessage: "All resources successfully discovered",
    trouble: ({ discoveryError }) =>
      discoveryError === undefined ? undefined : ["DiscoveryFailed", discoveryError],
  },
  {
    type: "NamespaceDeletionGroupVersionParsingFailure",
    okReason: "ParsedGroupVersions",
    okMessage: "All legacy kube types successfully parsed",
    trouble: () => undefined,
  },
  {
    type: "NamespaceDeletionContentFailure",
    okReason: "ContentDeleted",
    okMessage: "All content successfully deleted, may be waiting on finalization",
    trouble: ({ errors }) =>
      errors.length === 0
        ? undefined
        : [
            "ContentDeletionFailed",
            `Failed to delete all resource types, ${errors.length} remaining: ${[...errors].sort().join(", ")}`,
          ],
  },
  {
    type: "NamespaceContentRemaining",
    okReason: "ContentRemoved",
    okMessage: "All content successfully removed",
    trouble: ({ remaining }) => {
      const texts = [...remaining].map(
        ([type, count]) => `${type} has ${count} resource instances`,
      );
      if (texts.length === 0) return undefined;
      return ["SomeResourcesRemain", `Some resources are remaining: ${texts.sort().join(", ")}`];
    },
  },
  {
    type: "NamespaceFinalizersRemaining",
    okReason: "ContentHasNoFinalizers",
    okMessage: "All content-preserving finalizers finished",
    trouble: ({ finalizers }) => {
      const texts = [...finalizers].map(
        ([name, count]) => `${name} in ${count} resource instances`,
      );
      if (texts.length === 0) return undefined;
      return [
        "SomeFinalizersRemain",
        `Some content in the namespace has finalizers remaining: ${texts.sort().join(", ")}`,
      ];
    },
  },
];

/** The conditions of a namespace as a report makes them; the same array if nothing is new. */
export function namespaceConditions(
  conditions: readonly Condition[],
  report: ContentReport,
  nowMs: number,
): readonly Condition[] {
  let next = conditions;
  for (const { type, okReason, okMessage, trouble } of findings) {
    const [reason, message] = trouble(report) ?? [okReason, okMessage];
    const status = trouble(report) === undefined ? "False" : "True";
    const known = findCondition(next, type);
    const isKnown =
      known?.status === status && known.reason === reason && known.message === message;
    if (isKnown) continue;
    next = withCondition(next, {
      type,
      status,
      reason,
      message,
      lastTransitionTime: toTime(nowMs),
    });
  }
  return next;
}

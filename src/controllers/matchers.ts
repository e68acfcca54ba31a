import { type LabelMatcher, labelMatcher } from "../k8s/label-selector.ts";
import type { KubeObject, LabelSelector } from "../k8s/types/meta.ts";

const nothing: LabelMatcher = () => false;

/**
 * The selectors of objects, each parsed once per object that the cache holds. One that cannot be
 * parsed matches nothing; what an empty one selects depends on the kind: an empty selector of a
 * workload, which would take over every pod, is a mistake.
 */
export function createMatchers<T extends KubeObject>(
  selectorOf: (object: T) => LabelSelector | undefined,
  emptySelects: "nothing" | "everything" = "nothing",
): (object: T) => LabelMatcher {
  const parsed = new WeakMap<T, LabelMatcher>();
  return (object) => {
    const known = parsed.get(object);
    if (known !== undefined) return known;
    const matcher = parse(selectorOf(object), emptySelects);
    parsed.set(object, matcher);
    return matcher;
  };
}

function parse(
  selector: LabelSelector | undefined,
  emptySelects: "nothing" | "everything",
): LabelMatcher {
  if (selector === undefined) return nothing;
  if (selectsEverything(selector) && emptySelects === "nothing") return nothing;
  try {
    return labelMatcher(selector);
  } catch {
    return nothing;
  }
}

export function selectsEverything(selector: LabelSelector): boolean {
  const labels = Object.keys(selector.matchLabels ?? {});
  return labels.length === 0 && (selector.matchExpressions ?? []).length === 0;
}

import { type LabelMatcher, labelMatcher } from "../k8s/label-selector.ts";
import type { KubeObject, LabelSelector } from "../k8s/types/meta.ts";

const nothing: LabelMatcher = () => false;

/**
 * The selectors of objects, each parsed once per object that the cache holds. A selector that
 * cannot be parsed, and one that is empty and so would take every pod, match nothing.
 */
export function createMatchers<T extends KubeObject>(
  selectorOf: (object: T) => LabelSelector | undefined,
): (object: T) => LabelMatcher {
  const parsed = new WeakMap<T, LabelMatcher>();
  return (object) => {
    const known = parsed.get(object);
    if (known !== undefined) return known;
    const matcher = parse(selectorOf(object));
    parsed.set(object, matcher);
    return matcher;
  };
}

function parse(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined || selectsEverything(selector)) return nothing;
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

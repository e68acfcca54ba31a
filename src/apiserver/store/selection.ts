import type { StoredObject } from "./stored-object.ts";

/**
 * Which objects of a type: all the conditions that are given hold. The first three are answered by
 * an index, so a list or a watch that has one of them costs nothing for other objects.
 */
export interface Selection {
  readonly namespace?: string;
  readonly name?: string;
  /** The value of the type's indexed field; see `CollectionOptions.indexedField`. */
  readonly indexed?: string;
  /** Anything else, such as a label selector. */
  readonly matches?: (object: StoredObject) => boolean;
}

export type ObjectMatcher = (object: StoredObject) => boolean;

/** The selection as one condition. */
export function matcherOf(
  { namespace, name, indexed, matches }: Selection,
  indexedField: ((object: StoredObject) => string) | undefined,
): ObjectMatcher {
  const conditions: ObjectMatcher[] = [];
  if (namespace !== undefined) conditions.push(({ metadata }) => metadata.namespace === namespace);
  if (name !== undefined) conditions.push(({ metadata }) => metadata.name === name);
  if (indexed !== undefined) conditions.push((object) => indexedField?.(object) === indexed);
  if (matches !== undefined) conditions.push(matches);
  const [first, ...others] = conditions;
  if (first === undefined) return () => true;
  if (others.length === 0) return first;
  return (object) => conditions.every((condition) => condition(object));
}

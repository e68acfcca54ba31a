import { maskedLeaves } from "./masking.ts";
import type { Specimen } from "./specimens.ts";
import { groupBy } from "./statistics.ts";

/** A field that is not the same on both sides. */
export interface FieldDifference {
  /** What was compared: "nodes, idle", "PATCH pods/status, Running". */
  readonly subject: string;
  readonly field: string;
  /** Its values on Kubemark's side, `(absent)` among them if some objects lack it. */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
  /** Why it differs, where it is meant to. */
  readonly purpose: string | undefined;
}

interface Purpose {
  readonly field: RegExp;
  readonly reason: string;
}

/** The only differences that do not decide the verdict. */
const purposes: readonly Purpose[] = [
  {
    field: /hollowmark/,
    reason: "the mark of the fleet, by which `leave` finds what is ours",
  },
  {
    field: /^reportingInstance$/,
    reason:
      "the name of the host: a node's own, where kubemark runs one to a pod; here, the machine's",
  },
];

const absent = "(absent)";

/**
 * Compares, subject by subject, which values each field takes, over all objects of a side. A
 * subject that only one side has is a difference too.
 */
export function compareObjects(
  theirs: readonly Specimen[],
  ours: readonly Specimen[],
): readonly FieldDifference[] {
  const [a, b] = [groupBy(theirs, subjectOf), groupBy(ours, subjectOf)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((subject) => {
    const [left, right] = [a.get(subject) ?? [], b.get(subject) ?? []];
    if (left.length === 0 || right.length === 0) {
      if ([...left, ...right].every(({ isChance }) => isChance)) return [];
      const objects = ({ length }: readonly Specimen[]) => [length === 0 ? "none" : `${length}`];
      return [difference(subject, "(objects)", objects(left), objects(right))];
    }
    return compareFields(subject, fieldValues(left), fieldValues(right));
  });
}

function subjectOf({ subject }: Specimen): string {
  return subject;
}

type FieldValues = ReadonlyMap<string, readonly string[]>;

function compareFields(
  subject: string,
  theirs: FieldValues,
  ours: FieldValues,
): readonly FieldDifference[] {
  const fields = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  return fields.flatMap((field) => {
    const [left, right] = [theirs.get(field) ?? [absent], ours.get(field) ?? [absent]];
    // Where Kubemark's own objects differ, each of ours may have any of their values.
    const isKnown = right.every((text) => left.includes(text) || mayLack(subject, text, left));
    return isKnown ? [] : [difference(subject, field, left, right)];
  });
}

/** A patch holds what has changed, and a time that falls into the same second has not. */
function mayLack(subject: string, text: string, theirs: readonly string[]): boolean {
  return text === absent && subject.includes(" patch ") && theirs.includes("<time>");
}

function difference(
  subject: string,
  field: string,
  theirs: readonly string[],
  ours: readonly string[],
): FieldDifference {
  const purpose = purposes.find((known) => known.field.test(field))?.reason;
  return { subject, field, theirs, ours, purpose };
}

/** The values of each field, sorted, each once. */
function fieldValues(specimens: readonly Specimen[]): FieldValues {
  const values = new Map<string, { readonly texts: Set<string>; count: number }>();
  for (const { value, names } of specimens) {
    for (const [field, text] of maskedLeaves(value, names)) {
      const known = values.get(field) ?? { texts: new Set<string>(), count: 0 };
      known.texts.add(text);
      known.count += 1;
      values.set(field, known);
    }
  }
  return new Map(
    [...values].map(([field, { texts, count }]) => {
      if (count < specimens.length) texts.add(absent);
      return [field, [...texts].sort()];
    }),
  );
}

import type { FieldSchema, ObjectSchema } from "./schema-types.ts";

/** Bytes that are no message of the type, or an object that does not fit it. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

/** The wire types of protobuf that Kubernetes uses. */
export const wireTypes = { varint: 0, fixed64: 1, delimited: 2 } as const;

/** What one field number of a message leads to. */
type PlanEntry =
  | { readonly kind: "field"; readonly number: number; readonly field: FieldSchema }
  /** A struct that Go inlines: a message on the wire, whose fields stand among ours in JSON. */
  | { readonly kind: "inlined"; readonly number: number; readonly plan: MessagePlan };

/** A type as the wire sees it. */
export interface MessagePlan {
  readonly name: string;
  /** By number, ascending: the order in which Kubernetes writes. */
  readonly entries: readonly PlanEntry[];
  readonly byNumber: ReadonlyMap<number, PlanEntry>;
}

const plans = new WeakMap<ObjectSchema, MessagePlan>();

export function messagePlan(schema: ObjectSchema): MessagePlan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    const fields = [...schema.fields.values()].filter((field) => field.protobufPath.length > 0);
    plan = planOf(schema.name, fields, 0);
    plans.set(schema, plan);
  }
  return plan;
}

/** `depth` counts the inlined messages that lead to `fields`. */
function planOf(name: string, fields: readonly FieldSchema[], depth: number): MessagePlan {
  const fieldsOf = new Map<number, FieldSchema[]>();
  for (const field of fields) {
    const number = field.protobufPath[depth] ?? 0;
    fieldsOf.set(number, [...(fieldsOf.get(number) ?? []), field]);
  }
  const entries: PlanEntry[] = [];
  for (const [number, below] of fieldsOf) {
    const [first] = below;
    if (first !== undefined && first.protobufPath.length === depth + 1) {
      entries.push({ kind: "field", number, field: first });
    } else {
      entries.push({ kind: "inlined", number, plan: planOf(name, below, depth + 1) });
    }
  }
  entries.sort((left, right) => left.number - right.number);
  return { name, entries, byNumber: new Map(entries.map((entry) => [entry.number, entry])) };
}

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
  /** With holes: numbers of Kubernetes' messages are small. */
  readonly byNumber: readonly (PlanEntry | undefined)[];
}

const plans = new WeakMap<ObjectSchema, MessagePlan>();
const leanPlans = new WeakMap<ObjectSchema, MessagePlan>();

/** The plan of all fields of a type. */
export function messagePlan(schema: ObjectSchema): MessagePlan {
  return planIn(plans, schema, isOnTheWire);
}

/** The plan without `metadata.managedFields`, for who reads only. */
export function leanMessagePlan(schema: ObjectSchema): MessagePlan {
  return planIn(leanPlans, schema, (field) => isOnTheWire(field) && field.name !== "managedFields");
}

function isOnTheWire({ protobufPath }: FieldSchema): boolean {
  return protobufPath.length > 0;
}

function planIn(
  known: WeakMap<ObjectSchema, MessagePlan>,
  schema: ObjectSchema,
  isWanted: (field: FieldSchema) => boolean,
): MessagePlan {
  let plan = known.get(schema);
  if (plan === undefined) {
    plan = planOf(schema.name, [...schema.fields.values()].filter(isWanted), 0);
    known.set(schema, plan);
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
  const byNumber: (PlanEntry | undefined)[] = [];
  for (const entry of entries) byNumber[entry.number] = entry;
  return { name, entries, byNumber };
}

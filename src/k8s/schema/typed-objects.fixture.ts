import fc from "fast-check";
import { toTime } from "../../base/rfc3339.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { ObjectSchema, ScalarKind, ValueType } from "./schema-types.ts";
import { zeroValueOf } from "./zero-value.ts";

const timeSeconds = fc.integer({ min: 0, max: 4_102_444_799 });

/** Whether zeros, nulls and empty lists and maps may come, which Go would not write. */
type Zeros = "none" | "any";

/** Objects of a type. `apiVersion` and `kind` are left to the caller. */
export function typedObjects(
  schema: ObjectSchema,
  depth = 6,
  zeros: Zeros = "none",
): fc.Arbitrary<JsonObject> {
  const properties: Record<string, fc.Arbitrary<JsonValue>> = {};
  for (const field of schema.fields.values()) {
    if (field.protobufPath.length === 0) continue;
    if (depth <= 0 && isNested(field.type)) continue;
    const values = valuesOf(field.type, depth - 1, zeros);
    properties[field.name] =
      zeros === "none"
        ? values
        : fc.oneof({ weight: 5, arbitrary: values }, fc.constant(zeroValueOf(field.type)));
  }
  return fc.record(properties, { requiredKeys: [], noNullPrototype: true });
}

function isNested(type: ValueType): boolean {
  if (type.kind === "list" || type.kind === "map") return isNested(type.of);
  return type.kind === "object";
}

function valuesOf(type: ValueType, depth: number, zeros: Zeros): fc.Arbitrary<JsonValue> {
  switch (type.kind) {
    case "object":
      return typedObjects(type.schema, depth, zeros);
    case "list":
      return fc.array(valuesOf(type.of, depth, zeros), { minLength: 1, maxLength: 2 });
    case "map":
      return fc.dictionary(fc.string({ unit: "grapheme" }), valuesOf(type.of, depth, zeros), {
        minKeys: 1,
        maxKeys: 2,
        noNullPrototype: true,
      });
    default:
      return scalarsOf(type.kind);
  }
}

function scalarsOf(kind: ScalarKind): fc.Arbitrary<JsonValue> {
  switch (kind) {
    case "string":
      return fc.string({ unit: "grapheme", minLength: 1 });
    case "boolean":
      return fc.constant(true);
    case "int32":
      return fc.integer().filter((value) => value !== 0);
    case "int64":
      return fc.maxSafeInteger().filter((value) => value !== 0);
    case "double":
      return fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0);
    case "bytes":
      return fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    case "quantity":
      return fc.constantFrom("0", "100m", "1500Mi", "3");
    case "time":
      return timeSeconds.map((seconds) => toTime(seconds * 1_000));
    case "microTime":
      return fc
        .tuple(timeSeconds, fc.integer({ min: 0, max: 999_999 }))
        .map(([seconds, micros]) => {
          const text = toTime(seconds * 1_000).slice(0, -1);
          return `${text}.${String(micros).padStart(6, "0")}Z`;
        });
    case "intOrString":
      return fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constant("50%"));
    case "any":
    case "union":
      return fc.constant({ some: ["value", 1] });
  }
}

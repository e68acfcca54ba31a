import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { ObjectSchema, ValueType } from "./schema-types.ts";

/** As many as the API server reports (sigs.k8s.io/json, `saveStrictError`). */
export const strictErrorsMax = 100;

/**
 * The fields that the type does not have, as the API server reports them (`unknown field
 * "spec.foo"`), in the order of the object and at most 100. What has no fixed type, such as a
 * RawExtension, is not looked into.
 */
export function unknownFields(object: JsonObject, schema: ObjectSchema): readonly string[] {
  const found: string[] = [];
  visitObject(object, schema, "", found);
  return found;
}

function visitObject(
  object: JsonObject,
  schema: ObjectSchema,
  path: string,
  found: string[],
): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const field = schema.fields.get(key);
    if (field !== undefined) {
      if (isStructured(value)) visitValue(value, field.type, path, key, found);
    } else if (value !== undefined && found.length < strictErrorsMax) {
      found.push(`unknown field ${JSON.stringify(joinPath(path, key))}`);
    }
  }
}

function isStructured(value: JsonValue | undefined): value is JsonValue {
  return typeof value === "object" && value !== null;
}

function visitValue(
  value: JsonValue,
  type: ValueType,
  parent: string,
  key: string,
  found: string[],
): void {
  switch (type.kind) {
    case "object":
      if (isJsonObject(value)) visitObject(value, type.schema, joinPath(parent, key), found);
      break;
    case "list": {
      if (!Array.isArray(value) || !isDeep(type.of)) break;
      const path = joinPath(parent, key);
      value.forEach((element: JsonValue, index) => {
        if (isStructured(element)) visitValue(element, type.of, "", `${path}[${index}]`, found);
      });
      break;
    }
    case "map": {
      if (!isJsonObject(value) || !isDeep(type.of)) break;
      const path = joinPath(parent, key);
      for (const [name, element] of Object.entries(value)) {
        if (isStructured(element)) visitValue(element, type.of, path, name, found);
      }
      break;
    }
    default:
      break;
  }
}

/** Whether an object can stand within it: labels need not be looked into. */
function isDeep({ kind }: ValueType): boolean {
  return kind === "object" || kind === "list" || kind === "map";
}

export function joinPath(parent: string, key: string): string {
  return parent === "" ? key : `${parent}.${key}`;
}

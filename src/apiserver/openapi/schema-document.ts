import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import { goElementType, goTypeOf } from "../../k8s/schema/go-types.ts";
import type {
  FieldSchema,
  ObjectSchema,
  ScalarKind,
  ValueType,
} from "../../k8s/schema/schema-types.ts";

type Writable = Record<string, JsonValue | undefined>;

const apimachinery = "io.k8s.apimachinery.pkg";
const apiextensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** The types that write their own JSON, under the names that OpenAPI gives them. */
export const leafSchemas: Readonly<Record<string, JsonObject>> = {
  [`${apimachinery}.api.resource.Quantity`]: { oneOf: [{ type: "string" }, { type: "number" }] },
  [`${apimachinery}.apis.meta.v1.Time`]: { type: "string", format: "date-time" },
  [`${apimachinery}.apis.meta.v1.MicroTime`]: { type: "string", format: "date-time" },
  [`${apimachinery}.apis.meta.v1.FieldsV1`]: { type: "object" },
  [`${apimachinery}.apis.meta.v1.Patch`]: { type: "object" },
  [`${apimachinery}.runtime.RawExtension`]: { type: "object" },
  [`${apimachinery}.util.intstr.IntOrString`]: {
    format: "int-or-string",
    oneOf: [{ type: "integer" }, { type: "string" }],
  },
  [`${apiextensions}.JSON`]: {},
  [`${apiextensions}.JSONSchemaPropsOrArray`]: {},
  [`${apiextensions}.JSONSchemaPropsOrBool`]: {},
  [`${apiextensions}.JSONSchemaPropsOrStringArray`]: {},
};

const plainScalars: Partial<Record<ScalarKind, JsonObject>> = {
  string: { type: "string" },
  boolean: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

/** An entry of `components.schemas`, as kube-openapi would build it, without descriptions. */
export function schemaDocument(schema: ObjectSchema, kinds: readonly JsonObject[]): JsonObject {
  const properties: Writable = {};
  const required: string[] = [];
  for (const field of schema.fields.values()) {
    properties[field.name] = propertyOf(field);
    if (field.required) required.push(field.name);
  }
  return {
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    ...(schema.fields.size === 0 ? {} : { properties }),
    ...(schema.mapType === undefined ? {} : { "x-kubernetes-map-type": schema.mapType }),
    ...(kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds }),
  };
}

function propertyOf(field: FieldSchema): JsonObject {
  const property: Writable = { ...typeDocument(field.type, goTypeOf(field), field.enumValues) };
  const zero = zeroDefault(field);
  if (zero !== undefined) property["default"] = zero;
  if (field.defaultValue !== undefined) property["default"] = field.defaultValue;
  if (field.listType !== undefined) property["x-kubernetes-list-type"] = field.listType;
  if (field.listMapKeys !== undefined) property["x-kubernetes-list-map-keys"] = field.listMapKeys;
  if (field.mapType !== undefined) property["x-kubernetes-map-type"] = field.mapType;
  if (field.patchMergeKey !== undefined) {
    property["x-kubernetes-patch-merge-key"] = field.patchMergeKey;
  }
  if (field.patchStrategies !== undefined) {
    property["x-kubernetes-patch-strategy"] = field.patchStrategies.join(",");
  }
  return property;
}

/** kube-openapi gives Go's zero as the default of what is neither a pointer nor left out. */
function zeroDefault({ type, pointer, alwaysWritten }: FieldSchema): JsonValue | undefined {
  if (pointer) return undefined;
  if (type.kind === "object") return {};
  return alwaysWritten ? scalarZero(type) : undefined;
}

function scalarZero({ kind }: ValueType): JsonValue | undefined {
  if (kind === "string") return "";
  if (kind === "boolean") return false;
  return kind === "int32" || kind === "int64" || kind === "double" ? 0 : undefined;
}

function typeDocument(
  type: ValueType,
  goType: string,
  enumValues: readonly string[] | undefined,
): JsonObject {
  switch (type.kind) {
    case "object":
      return reference(type.schema.name);
    case "list":
      return { type: "array", items: elementDocument(type.of, goType, enumValues) };
    case "map":
      return {
        type: "object",
        additionalProperties: elementDocument(type.of, goType, enumValues),
      };
    default: {
      const plain = plainScalars[type.kind];
      if (plain === undefined) return leafDocument(leafName(type.kind, goType));
      return enumValues === undefined ? plain : { ...plain, enum: enumValues };
    }
  }
}

function elementDocument(
  type: ValueType,
  goType: string,
  enumValues: readonly string[] | undefined,
): JsonObject {
  const element = typeDocument(type, goElementType(goType, type), enumValues);
  const zero = type.kind === "object" ? {} : scalarZero(type);
  // Where nothing stands beside the reference, it needs no allOf.
  return zero === undefined ? singleReference(element) : { default: zero, ...element };
}

function singleReference(element: JsonObject): JsonObject {
  const { allOf } = element;
  return Array.isArray(allOf) ? allOf[0] : element;
}

function reference(name: string): JsonObject {
  return { allOf: [{ $ref: `#/components/schemas/${name}` }] };
}

/** Behind a map with a Go name of its own, it is not known which of the raw types stands: any value. */
function leafDocument(name: string): JsonObject {
  return leafSchemas[name] === undefined ? {} : reference(name);
}

function leafName(kind: ScalarKind, goType: string): string {
  switch (kind) {
    case "quantity":
      return `${apimachinery}.api.resource.Quantity`;
    case "time":
      return `${apimachinery}.apis.meta.v1.Time`;
    case "microTime":
      return `${apimachinery}.apis.meta.v1.MicroTime`;
    case "intOrString":
      return `${apimachinery}.util.intstr.IntOrString`;
    default:
      return rawName(goType);
  }
}

/** `runtime.RawExtension`, `v1.FieldsV1`, `v1.JSON`: the last two are of different packages. */
function rawName(goType: string): string {
  if (goType === "runtime.RawExtension") return `${apimachinery}.runtime.RawExtension`;
  if (goType === "v1.FieldsV1") return `${apimachinery}.apis.meta.v1.FieldsV1`;
  return `${apiextensions}.${goType.slice(goType.indexOf(".") + 1)}`;
}

import type { FieldSchema, ObjectSchema, ScalarKind, ValueType } from "./schema-types.ts";

const scalarNames: Readonly<Record<ScalarKind, string>> = {
  string: "string",
  boolean: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  time: "v1.Time",
  microTime: "v1.MicroTime",
  intOrString: "intstr.IntOrString",
  any: "any",
  union: "any",
};

/** How Go's messages call a field's type: `int32`, `[]v1.Container`, `v1.RestartPolicy`. */
export function goTypeOf(field: FieldSchema): string {
  return field.goType ?? derivedGoType(field.type);
}

/** How they call the type of an element of a list or map, given how they call that. */
export function goElementType(goType: string, element: ValueType): string {
  // A map of a name of its own, such as v1.ResourceList, does not say what it holds.
  return /^(?:\[\]|map\[[^\]]*\])(.+)$/.exec(goType)?.[1] ?? derivedGoType(element);
}

function derivedGoType(type: ValueType): string {
  switch (type.kind) {
    case "object":
      return `${packageOf(type.schema)}.${structOf(type.schema)}`;
    case "list":
      return `[]${derivedGoType(type.of)}`;
    case "map":
      return `map[string]${derivedGoType(type.of)}`;
    default:
      return scalarNames[type.kind];
  }
}

/** `DeploymentSpec` of `io.k8s.api.apps.v1.DeploymentSpec`. */
export function structOf({ name }: ObjectSchema): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function packageOf({ name }: ObjectSchema): string {
  return name.split(".").at(-2) ?? "";
}

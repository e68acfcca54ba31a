import type { FieldSchema, ObjectSchema, ScalarKind, ValueType } from "./schema-types.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type PatchStrategy = NonNullable<FieldSchema["patchStrategies"]>[number];

const scalarKinds: ReadonlySet<string> = new Set<ScalarKind>([
  "string",
  "boolean",
  "int32",
  "int64",
  "double",
  "bytes",
  "quantity",
  "time",
  "microTime",
  "intOrString",
  "any",
  "union",
]);

/** The types of a generated table, read when they are asked for. */
export interface TypeTable {
  /** By name: `io.k8s.api.core.v1.PodSpec`. */
  typeNamed(name: string): ObjectSchema | undefined;
  /** By group, version and kind: `apps/v1/Deployment`, `/v1/Pod`. */
  typeOfKind(groupVersionKind: string): ObjectSchema | undefined;
  /** `apps/v1/Deployment`, …, as the table has them. */
  readonly kinds: ReadonlyMap<string, string>;
}

/**
 * Reads the notation of `types.generated.ts`. A block a type:
 *
 *     io.k8s.api.apps.v1.Deployment apps/v1/Deployment
 *      spec 2 .DeploymentSpec
 *
 * A head has the type's name, its kinds, and perhaps `map=atomic`. A field has its JSON name, its
 * protobuf numbers (`2.1` within an inlined message 2, `-` for none) and its type: a scalar,
 * `[]` a list of, `{}` a map of, a type's name, or `.Name` of the same package. Then words:
 * `pointer`; `keep` for a field without omitempty; `required`; `patch`, `key`, `list`, `map`,
 * `default`, `enum` and `go` with values. Blanks and commas within a value are percent-encoded.
 */
export function parseTypeTable(text: string): TypeTable {
  const lines = text.trim().split("\n");
  const heads = new Map<string, number>();
  const kinds = new Map<string, string>();
  lines.forEach((line, index) => {
    if (line.startsWith(" ")) return;
    const [name = "", ...words] = line.split(" ");
    heads.set(name, index);
    for (const word of words) if (word.includes("/")) kinds.set(word, name);
  });

  const schemas = new Map<string, ObjectSchema>();
  const typeNamed = (name: string): ObjectSchema | undefined => {
    const head = heads.get(name);
    if (head === undefined) return undefined;
    let schema = schemas.get(name);
    if (schema === undefined) {
      const atomic = lines[head]?.endsWith(" map=atomic") === true;
      schema = createSchema(name, atomic, () => parseFields(lines, head, name, typeNamed));
      schemas.set(name, schema);
    }
    return schema;
  };
  const typeOfKind = (groupVersionKind: string): ObjectSchema | undefined => {
    const name = kinds.get(groupVersionKind);
    return name === undefined ? undefined : typeNamed(name);
  };
  return { typeNamed, typeOfKind, kinds };
}

/** Fields are read at their first use: types contain each other, and most are never asked for. */
function createSchema(
  name: string,
  atomic: boolean,
  read: () => ReadonlyMap<string, FieldSchema>,
): ObjectSchema {
  let fields: ReadonlyMap<string, FieldSchema> | undefined;
  return {
    name,
    get fields() {
      fields ??= read();
      return fields;
    },
    ...(atomic ? { mapType: "atomic" } : {}),
  };
}

function parseFields(
  lines: readonly string[],
  head: number,
  owner: string,
  typeNamed: (name: string) => ObjectSchema | undefined,
): ReadonlyMap<string, FieldSchema> {
  const fields = new Map<string, FieldSchema>();
  const scope = { package: owner.slice(0, owner.lastIndexOf(".")), typeNamed };
  for (let index = head + 1; lines[index]?.startsWith(" ") === true; index += 1) {
    const field = parseField((lines[index] ?? "").trim(), scope);
    fields.set(field.name, field);
  }
  return fields;
}

interface Scope {
  readonly package: string;
  readonly typeNamed: (name: string) => ObjectSchema | undefined;
}

function parseField(line: string, scope: Scope): FieldSchema {
  const [name = "", path = "-", type = "", ...words] = line.split(" ");
  const field: Writable<FieldSchema> = {
    name,
    type: parseType(type, scope),
    protobufPath: path === "-" ? [] : path.split(".").map(Number),
    pointer: words.includes("pointer"),
    alwaysWritten: words.includes("keep"),
    required: words.includes("required"),
  };
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) setFact(field, word.slice(0, equals), word.slice(equals + 1));
  }
  return field;
}

function setFact(field: Writable<FieldSchema>, fact: string, value: string): void {
  if (fact === "patch") field.patchStrategies = value.split(",") as PatchStrategy[];
  else if (fact === "key") field.patchMergeKey = value;
  else if (fact === "map") field.mapType = value as "atomic" | "granular";
  else if (fact === "default") field.defaultValue = JSON.parse(decodeURIComponent(value));
  else if (fact === "enum") field.enumValues = value.split(",").map(decodeURIComponent);
  else if (fact === "go") field.goType = value;
  else if (fact === "list") {
    const [listType, ...keys] = value.split(",");
    field.listType = listType as "atomic" | "set" | "map";
    if (keys.length > 0) field.listMapKeys = keys;
  }
}

function parseType(text: string, scope: Scope): ValueType {
  if (text.startsWith("[]")) return { kind: "list", of: parseType(text.slice(2), scope) };
  if (text.startsWith("{}")) return { kind: "map", of: parseType(text.slice(2), scope) };
  if (scalarKinds.has(text)) return { kind: text as ScalarKind };
  const name = text.startsWith(".") ? scope.package + text : text;
  const schema = scope.typeNamed(name);
  if (schema === undefined) throw new Error(`type table: no type ${name}`);
  return { kind: "object", schema };
}

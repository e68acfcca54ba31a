import type { GoFacts, GoField, OpenApiProperty, OpenApiSchema, ServerFacts } from "./facts.ts";

/** Kinds beyond those that discovery lists, which requests and answers are made of. */
const wireKinds = [
  "/v1/List",
  "/v1/Status",
  "/v1/DeleteOptions",
  "meta.k8s.io/v1/PartialObjectMetadata",
  "meta.k8s.io/v1/PartialObjectMetadataList",
];

/**
 * The text of `types.generated.ts`: one block a Go type that a served kind needs, in the notation
 * that src/k8s/schema/type-table.ts reads.
 */
export function typeTableText(go: GoFacts, server: ServerFacts): string {
  const kindsOfType = servedKinds(go, server);
  const blocks: string[] = [];
  for (const name of reachableTypes(go, [...kindsOfType.keys()]).sort()) {
    const schema = server.schemas[name] ?? {};
    const atomic = schema["x-kubernetes-map-type"] === "atomic" ? ["map=atomic"] : [];
    const head = [name, ...(kindsOfType.get(name) ?? []), ...atomic].join(" ");
    const fields = (go.types[name] ?? []).map((field) => fieldLine(name, field, schema));
    blocks.push([head, ...fields].join("\n"));
  }
  return blocks.join("\n");
}

/** The kinds that go over the wire, by the name of their type. */
function servedKinds(go: GoFacts, server: ServerFacts): Map<string, string[]> {
  const served = new Set(wireKinds);
  for (const group of server.groups) {
    const groupName = group.metadata.name ?? "";
    for (const { version, resources } of group.versions) {
      for (const { responseKind, subresources = [] } of resources) {
        for (const kind of [responseKind, ...subresources.map((sub) => sub.responseKind)]) {
          const of = `${kind.group || groupName}/${kind.version || version}/${kind.kind}`;
          served.add(of).add(`${of}List`);
        }
      }
    }
  }
  const kindsOfType = new Map<string, string[]>();
  for (const { group, version, kind, type } of go.kinds) {
    const text = `${group}/${version}/${kind}`;
    if (served.has(text)) kindsOfType.set(type, [...(kindsOfType.get(type) ?? []), text]);
  }
  return kindsOfType;
}

function reachableTypes(go: GoFacts, roots: readonly string[]): string[] {
  const seen = new Set(roots);
  for (const name of seen) {
    for (const { type } of go.types[name] ?? []) {
      const target = type.replace(/^(\[\]|\{\})+/, "");
      if (target.includes(".")) seen.add(target);
    }
  }
  return [...seen];
}

function fieldLine(owner: string, field: GoField, schema: OpenApiSchema): string {
  const property = schema.properties?.[field.name] ?? {};
  const words = [
    "",
    field.name,
    field.protobuf.join(".") || "-",
    shortType(owner, field.type),
    ...(field.pointer === true ? ["pointer"] : []),
    ...(field.omitEmpty === true ? [] : ["keep"]),
    ...(schema.required?.includes(field.name) === true ? ["required"] : []),
    ...patchWords(field),
    ...listWords(property),
    ...valueWords(field, property),
    ...(field.goType === undefined ? [] : [`go=${field.goType}`]),
  ];
  return words.join(" ");
}

/** Types of the same package go without it. */
function shortType(owner: string, type: string): string {
  return type.replace(`${owner.slice(0, owner.lastIndexOf("."))}.`, ".");
}

function patchWords(field: GoField): string[] {
  return [
    ...(field.patchStrategy === undefined ? [] : [`patch=${field.patchStrategy}`]),
    ...(field.patchMergeKey === undefined ? [] : [`key=${field.patchMergeKey}`]),
  ];
}

function listWords(property: OpenApiProperty): string[] {
  const listType = property["x-kubernetes-list-type"];
  const keys = property["x-kubernetes-list-map-keys"];
  const mapType = property["x-kubernetes-map-type"];
  return [
    ...(listType === undefined ? [] : [`list=${[listType, ...(keys ?? [])].join(",")}`]),
    ...(mapType === undefined ? [] : [`map=${mapType}`]),
  ];
}

function valueWords(field: GoField, property: OpenApiProperty): string[] {
  const values = property.enum ?? property.items?.enum ?? property.additionalProperties?.enum;
  return [
    ...(isSaid(field, property.default)
      ? [`default=${word(JSON.stringify(property.default))}`]
      : []),
    ...(values === undefined ? [] : [`enum=${values.map(word).join(",")}`]),
  ];
}

/** Without what parts the words of a line, and the values of a list. */
function word(text: string): string {
  return text.replaceAll(/[ ,%]/g, encodeURIComponent);
}

/** OpenAPI gives Go's zero as the default of each field that Go always writes: that says nothing. */
function isSaid(field: GoField, value: unknown): boolean {
  if (typeof value === "object" || value === undefined) return false;
  return Boolean(value) || field.omitEmpty === true || field.pointer === true;
}

import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import { builtInResources } from "../../k8s/schema/resource-table.ts";
import { builtInTypes, schemaOf, schemaVersion } from "../../k8s/schema/schema.ts";
import type { ObjectSchema, ResourceInfo, ValueType } from "../../k8s/schema/schema-types.ts";
import { type DescribeKind, pathItems } from "./path-items.ts";
import { leafSchemas, schemaDocument } from "./schema-document.ts";

/** The OpenAPI v3 documents of the built-in API, one a group and version. */
export interface OpenApi {
  /** The body of `/openapi/v3`: where each document is, with a hash of it to cache it by. */
  index(): JsonObject;
  /** The JSON of a document, by the path of a request: `/openapi/v3/apis/apps/v1`. */
  document(path: string): Uint8Array | undefined;
  /** The hash that {@link index} gives for a document, which is its `Etag` without quotes. */
  hash(path: string): string | undefined;
}

const root = "/openapi/v3/";

interface BuiltDocument {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/**
 * Documents what is served, by default all that a kube-apiserver serves. Each document is built when
 * it is first asked for, and its bytes are kept; the index needs all of them for their hashes.
 */
export function createOpenApi(served: readonly ResourceInfo[] = builtInResources): OpenApi {
  const resourcesOf = new Map<string, ResourceInfo[]>();
  for (const info of served) {
    const path = info.group === "" ? `api/${info.version}` : `apis/${info.group}/${info.version}`;
    resourcesOf.set(path, [...(resourcesOf.get(path) ?? []), info]);
  }
  const documents = new Map<string, BuiltDocument>();

  const built = (path: string): BuiltDocument | undefined => {
    const resources = resourcesOf.get(path);
    if (resources === undefined) return undefined;
    let document = documents.get(path);
    if (document === undefined) {
      const bytes = new TextEncoder().encode(JSON.stringify(documentOf(resources)));
      document = { bytes, hash: createHash("sha512").update(bytes).digest("hex").toUpperCase() };
      documents.set(path, document);
    }
    return document;
  };

  const requested = (path: string): BuiltDocument | undefined =>
    path.startsWith(root) ? built(path.slice(root.length)) : undefined;

  return {
    index: () => {
      const paths: Record<string, JsonValue> = {};
      for (const path of resourcesOf.keys()) {
        const serverRelativeURL = `${root}${path}?hash=${built(path)?.hash}`;
        paths[path] = { serverRelativeURL };
      }
      return { paths };
    },
    document: (path) => requested(path)?.bytes,
    hash: (path) => requested(path)?.hash,
  };
}

function documentOf(resources: readonly ResourceInfo[]): JsonObject {
  const roots = new Set<ObjectSchema>();
  const describe: DescribeKind = (group, version, kind) => {
    const schema = schemaOf(group, version, kind);
    const list = schemaOf(group, version, `${kind}List`);
    for (const root of [schema, list]) if (root !== undefined) roots.add(root);
    return { group, version, kind, typeName: schema?.name };
  };
  describe("", "v1", "DeleteOptions");
  describe("", "v1", "Status");
  const paths: Record<string, JsonValue> = {};
  for (const info of resources) Object.assign(paths, pathItems(info, describe));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: schemaVersion },
    paths,
    components: { schemas: schemaDocuments(roots) },
  };
}

function schemaDocuments(roots: ReadonlySet<ObjectSchema>): JsonObject {
  const kindsOf = kindsByType();
  const documents: Record<string, JsonValue> = {};
  // A set is walked in the order of insertion, also of what is added meanwhile.
  const reachable = new Set(roots);
  for (const schema of reachable) {
    documents[schema.name] = schemaDocument(schema, kindsOf.get(schema.name) ?? []);
    for (const { type } of schema.fields.values()) {
      const within = innermost(type);
      if (within.kind === "object") reachable.add(within.schema);
    }
  }
  const text = JSON.stringify(documents);
  for (const [name, leaf] of Object.entries(leafSchemas)) {
    if (text.includes(`/${name}"`) || name.endsWith(".Patch")) documents[name] = leaf;
  }
  return documents;
}

function innermost(type: ValueType): ValueType {
  return type.kind === "list" || type.kind === "map" ? innermost(type.of) : type;
}

function kindsByType(): ReadonlyMap<string, JsonObject[]> {
  const kindsOf = new Map<string, JsonObject[]>();
  for (const [groupVersionKind, name] of builtInTypes().kinds) {
    const [group = "", version = "", kind = ""] = groupVersionKind.split("/");
    kindsOf.set(name, [...(kindsOf.get(name) ?? []), { group, kind, version }]);
  }
  return kindsOf;
}

import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import type { ResourceInfo } from "../../k8s/schema/schema-types.ts";

type Writable = Record<string, JsonValue>;

/** A kind, and the name of its type where there is one. */
interface KindDocument {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly typeName: string | undefined;
}

export type DescribeKind = (group: string, version: string, kind: string) => KindDocument;

const patchTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const listParameters = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "timeoutSeconds",
  "watch",
];
const writeParameters = ["dryRun", "fieldManager", "fieldValidation"];
const deleteParameters = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];
const booleans: ReadonlySet<string> = new Set([
  "allowWatchBookmarks",
  "force",
  "orphanDependents",
  "sendInitialEvents",
  "watch",
]);
const integers: ReadonlySet<string> = new Set(["gracePeriodSeconds", "limit", "timeoutSeconds"]);

interface Verb {
  readonly method: string;
  readonly action: string;
  readonly parameters: readonly string[];
  readonly body: "none" | "object" | "patch" | "deleteOptions";
  readonly answers: "object" | "list" | "status";
}

const collectionVerbs: Readonly<Record<string, Verb>> = {
  list: verb("get", "list", listParameters, "none", "list"),
  create: verb("post", "post", writeParameters, "object", "object"),
  deletecollection: verb(
    "delete",
    "deletecollection",
    [...deleteParameters, "continue", "fieldSelector", "labelSelector", "limit"],
    "deleteOptions",
    "status",
  ),
};

const objectVerbs: Readonly<Record<string, Verb>> = {
  get: verb("get", "get", [], "none", "object"),
  update: verb("put", "put", writeParameters, "object", "object"),
  patch: verb("patch", "patch", [...writeParameters, "force"], "patch", "object"),
  delete: verb("delete", "delete", deleteParameters, "deleteOptions", "status"),
  create: verb("post", "post", writeParameters, "object", "object"),
};

function verb(
  method: string,
  action: string,
  parameters: readonly string[],
  body: Verb["body"],
  answers: Verb["answers"],
): Verb {
  return { method, action, parameters, body, answers };
}

/**
 * The `paths` of a resource and its subresources. kubectl looks for the PATCH of a kind, and whether
 * it takes `fieldValidation`; the rest is what other readers of OpenAPI expect to find.
 */
export function pathItems(info: ResourceInfo, describe: DescribeKind): Readonly<Writable> {
  const root = info.group === "" ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const inNamespace = info.namespaced ? `${root}/namespaces/{namespace}` : root;
  const placeholders = info.namespaced ? ["namespace"] : [];
  const kind = describe(info.group, info.version, info.kind);
  const items: Writable = {};

  const add = (
    path: string,
    verbs: readonly string[],
    known: Readonly<Record<string, Verb>>,
    of: KindDocument,
    names: readonly string[],
  ): void => {
    const item = pathItem(verbs, known, of, names);
    if (item !== undefined) items[path] = item;
  };

  add(`${inNamespace}/${info.plural}`, info.verbs, collectionVerbs, kind, placeholders);
  if (info.namespaced) add(`${root}/${info.plural}`, onlyList(info), collectionVerbs, kind, []);
  const objectPath = `${inNamespace}/${info.plural}/{name}`;
  const names = ["name", ...placeholders];
  const ofObject = info.verbs.filter((name) => name !== "create");
  add(objectPath, ofObject, objectVerbs, kind, names);
  for (const sub of info.subresources) {
    const subKind = describe(sub.group, sub.version, sub.kind);
    add(`${objectPath}/${sub.name}`, sub.verbs, objectVerbs, subKind, names);
  }
  return items;
}

function onlyList({ verbs }: ResourceInfo): readonly string[] {
  return verbs.filter((name) => name === "list");
}

function pathItem(
  verbs: readonly string[],
  known: Readonly<Record<string, Verb>>,
  kind: KindDocument,
  names: readonly string[],
): JsonObject | undefined {
  const item: Writable = {};
  for (const name of verbs) {
    const of = known[name];
    if (of !== undefined) item[of.method] = operation(of, kind);
  }
  if (Object.keys(item).length === 0) return undefined;
  const parameters = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", uniqueItems: true },
  }));
  return { ...item, parameters: [...parameters, ...queryParameters(["pretty"])] };
}

function operation(of: Verb, { group, version, kind, typeName }: KindDocument): JsonObject {
  const body = requestBody(of, typeName);
  const answer = answerName(of, typeName);
  return {
    ...(of.parameters.length === 0 ? {} : { parameters: queryParameters(of.parameters) }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      "200": {
        description: "OK",
        ...(answer === undefined ? {} : { content: contentOf(["application/json"], answer) }),
      },
    },
    "x-kubernetes-action": of.action,
    "x-kubernetes-group-version-kind": { group, version, kind },
  };
}

function requestBody(of: Verb, typeName: string | undefined): JsonObject | undefined {
  if (of.body === "patch") {
    return { content: contentOf(patchTypes, `${metaTypes}.Patch`), required: true };
  }
  if (of.body === "deleteOptions")
    return { content: contentOf(["*/*"], `${metaTypes}.DeleteOptions`) };
  if (of.body === "none" || typeName === undefined) return undefined;
  return { content: contentOf(["*/*"], typeName), required: true };
}

const metaTypes = "io.k8s.apimachinery.pkg.apis.meta.v1";

function answerName(of: Verb, typeName: string | undefined): string | undefined {
  if (of.answers === "status") return `${metaTypes}.Status`;
  return of.answers === "list" && typeName !== undefined ? `${typeName}List` : typeName;
}

function contentOf(mediaTypes: readonly string[], typeName: string): JsonObject {
  const content = { schema: { $ref: `#/components/schemas/${typeName}` } };
  return Object.fromEntries(mediaTypes.map((type) => [type, content]));
}

function queryParameters(names: readonly string[]): JsonValue[] {
  return names.map((name) => ({
    name,
    in: "query",
    schema: { type: queryType(name), uniqueItems: true },
  }));
}

function queryType(name: string): string {
  if (booleans.has(name)) return "boolean";
  return integers.has(name) ? "integer" : "string";
}

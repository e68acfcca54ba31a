/** An object of the API, or a part of it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** What names mean in one recording. */
export interface Names {
  readonly nodes: readonly string[];
  /** Of the object at hand. */
  readonly own: string;
}

/** Kubemark gives every pod this address: it is a habit, not an accident (FakePodSandboxIPs). */
const kubemarkPodIP = "192.168.192.168";

/** Whose values differ from run to run, whatever they are. */
const maskedFields: ReadonlySet<string> = new Set([
  "resourceVersion",
  "machineID",
  "systemUUID",
  "bootID",
  // Of the kubelet's own server, which is given when it starts.
  "Port",
]);

/** Lists whose items are known by a field, so that they are compared whatever their order. */
const itemKeys = ["type", "name", "ip", "mountPath", "uid", "key"] as const;

/**
 * The leaves of an object, by their paths, with times, UIDs, addresses, names and resource
 * versions masked. A list's item stands under its type or name: `conditions[Ready].status`; in
 * which order they come is a leaf of its own, `conditions[]`.
 */
export function maskedLeaves(value: Json, names: Names): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  visit(value, "", (path, leaf) => leaves.set(maskText(path, names), leafText(path, leaf, names)));
  return leaves;
}

function visit(value: Json, path: string, take: (path: string, leaf: Json) => void): void {
  if (typeof value !== "object" || value === null) {
    take(path, value);
    return;
  }
  const entries = isList(value)
    ? value.map((item, index) => [`${path}[${itemKey(item, index)}]`, item] as const)
    : Object.entries(value).map(
        ([key, item]) => [path === "" ? key : `${path}.${key}`, item] as const,
      );
  if (entries.length === 0) take(path, isList(value) ? "[]" : "{}");
  else if (isList(value)) take(`${path}[]`, value.map(itemKey).join(" "));
  for (const [itemPath, item] of entries) visit(item, itemPath, take);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function itemKey(item: Json, index: number): string {
  if (typeof item !== "object" || item === null || isList(item)) return String(index);
  const key = itemKeys.map((name) => item[name]).find((field) => typeof field === "string");
  return typeof key === "string" ? key : String(index);
}

function leafText(path: string, leaf: Json, names: Names): string {
  const field = path.slice(path.lastIndexOf(".") + 1);
  if (maskedFields.has(field)) return "<masked>";
  return typeof leaf === "string" ? maskText(leaf, names) : JSON.stringify(leaf);
}

/** Masks what a text holds of names, times, UIDs and addresses. */
export function maskText(text: string, { nodes, own }: Names): string {
  const unnamed = own === "" || nodes.includes(own) ? text : text.replaceAll(own, "{name}");
  return (
    unnamed
      .replace(nodePattern(nodes), "{node}")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, "<time, microseconds>")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uid>")
      .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, (ip) => (ip === kubemarkPodIP ? ip : "<ip>"))
      // The events of a kube-proxy are named after its node.
      .replace(/(?<=\{node\}\.)[0-9a-f]{16}\b/g, "<hex>")
      .replace(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-<suffix>")
  );
}

const nodePatterns = new WeakMap<readonly string[], RegExp>();

/** Matches whole names: `n-1` is not found in `n-11`. */
function nodePattern(nodes: readonly string[]): RegExp {
  const known = nodePatterns.get(nodes);
  if (known !== undefined) return known;
  const names = nodes.map((name) => name.replaceAll(".", "\\."));
  const pattern = new RegExp(`(?:${names.join("|")})(?![0-9A-Za-z-])`, "g");
  nodePatterns.set(nodes, pattern);
  return pattern;
}

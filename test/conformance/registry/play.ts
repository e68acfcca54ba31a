import { readFile } from "node:fs/promises";
import { dump, load } from "js-yaml";

/** One request of a script, and why it is made. */
export interface Step {
  /** What the answer shows; ends the sentence "the API server …". */
  readonly name: string;
  readonly send: string;
  readonly body?: object;
  /** By default a merge patch. */
  readonly patch?: "json" | "merge" | "strategic";
  /** Asks for a table. */
  readonly table?: boolean;
}

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

/** Sends one request to an API server of any kind. */
export type Send = (
  method: string,
  path: string,
  body: object | undefined,
  headers: Readonly<Record<string, string>>,
) => Promise<Answer>;

const tableType = "application/json;as=Table;g=meta.k8s.io;v=v1";
const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** The scripts of this folder. */
export const scripts: readonly string[] = [
  "workloads",
  "pods",
  "services",
  "cluster",
  "refusals",
  "tables",
  "verbs",
  "subresources",
  "certificates",
  "nodes-watch",
];

export function scriptUrl(name: string): URL {
  return new URL(`./${name}.yaml`, import.meta.url);
}

/** Where the answers of kube-apiserver to that script are kept, in YAML that no formatter touches. */
export function recordUrl(name: string): URL {
  return new URL(`./${name}.recorded.txt`, import.meta.url);
}

/** Plays a script and gives the answers, masked, as they are recorded. */
export async function play(name: string, send: Send): Promise<string> {
  const steps = load(await readFile(scriptUrl(name), "utf8")) as readonly Step[];
  const answers: object[] = [];
  for (const step of steps) {
    const [method = "", path = ""] = step.send.split(" ");
    const { status, value } = await send(method, path, step.body, headersOf(step, method));
    answers.push({ name: step.name, status, answer: step.table ? maskTable(value) : mask(value) });
  }
  return dump(answers, { sortKeys: true, noRefs: true, lineWidth: 120 });
}

function headersOf(step: Step, method: string): Readonly<Record<string, string>> {
  return {
    accept: step.table ? tableType : "application/json",
    "content-type": method === "PATCH" ? patchTypes[step.patch ?? "merge"] : "application/json",
  };
}

/** Values that differ from run to run, by the name of their member. */
const masked: Readonly<Record<string, string>> = {
  uid: "(uid)",
  resourceVersion: "(version)",
  lastTransitionTime: "(time)",
  lastUpdateTime: "(time)",
  lastPhaseTransitionTime: "(time)",
  clusterIP: "(address)",
  nodePort: "(port)",
  "controller-uid": "(uid)",
  "batch.kubernetes.io/controller-uid": "(uid)",
};
const portMembers = ["port", "targetPort"];
const dropped = ["managedFields", "selfLink"];
/** Finalizers of controllers that we do not have yet. */
const unsupported: readonly unknown[] = [
  "kubernetes.io/pv-protection",
  "kubernetes.io/pvc-protection",
];
/** Members that Go writes even when nothing in them is set. */
const structs = [
  "conditions",
  "daemonEndpoints",
  "deprecatedSource",
  "lastState",
  "metadata",
  "nodeInfo",
  "reportingComponent",
  "reportingInstance",
  "serviceName",
  "source",
  "status",
  "strategy",
  "updateStrategy",
];

function mask(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    if (key === "clusterIPs") return value.map(() => "(address)");
    // Go leaves out what the list says already.
    if (key === "items") return value.map((item) => mask(without(item, ["apiVersion", "kind"])));
    return value.map((item) => mask(item));
  }
  if (typeof value === "string") return maskText(value);
  if (typeof value === "number" && isEphemeral(value) && portMembers.includes(key)) return "(port)";
  if (typeof value !== "object" || value === null) return value;
  if (key === "details" && "causes" in value) return maskDetails(value);
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (dropped.includes(name) || isUserId(name, value)) continue;
    const isTime = name === "creationTimestamp" || name === "deletionTimestamp";
    const isMasked = name in masked && member !== "None";
    const shown = isMasked ? masked[name] : mask(member, name);
    if (isUnset(name, member) || isUnset(name, shown)) continue;
    result[name] = isTime ? "(time)" : shown;
  }
  return result;
}

/** The port that an API server listens on is any that was free. */
function isEphemeral(port: number): boolean {
  return port > 32_767 && port < 65_536;
}

/** Our users have no UID; those of the recorded cluster do. */
function isUserId(name: string, of: object): boolean {
  return name === "uid" && "signerName" in of;
}

function without(object: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** Go walks maps in an order of its own each time, and an update validates some things twice. */
function maskDetails({ causes, ...rest }: object & { readonly causes?: unknown }): object {
  const texts = Array.isArray(causes) ? causes.map((cause) => JSON.stringify(mask(cause))) : [];
  return { ...rest, causes: [...new Set(texts)].sort().map((text) => JSON.parse(text)) };
}

/** Go writes structs and times that are unset; they say nothing. */
function isUnset(name: string, member: unknown): boolean {
  const isUnsupported = Array.isArray(member) && member.every((item) => unsupported.includes(item));
  if (name === "finalizers" && isUnsupported) return true;
  return member === null || (structs.includes(name) && isZero(member));
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return false;
  if (typeof value !== "object" || value === null) return value === "" || value === 0;
  return Object.values(value).every(isZero);
}

function maskText(text: string): string {
  // A refusal may end in a difference of Go structs, which says nothing of what was sent.
  const [head = ""] = text.split(/\n\s*(?:@@| {2}core)/);
  return head
    .trimEnd()
    .replace(/is invalid: \[.*/, "is invalid: (several causes)")
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "(uid)")
    .replace(/\bweb-[a-z0-9]{5}$/, "web-(random)")
    .replace(/kube-api-access-[a-z0-9]{5}/, "kube-api-access-(random)");
}

interface Table {
  readonly columnDefinitions: readonly {
    readonly name: string;
    readonly type: string;
    readonly format: string;
    readonly priority: number;
  }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

const timeColumns = ["Age", "Last Seen", "First Seen", "Created At", "Duration", "Last Schedule"];
const addressColumns = ["Cluster-IP"];

function maskTable(value: unknown): unknown {
  const { columnDefinitions, rows } = value as Table;
  if (columnDefinitions === undefined) return mask(value);
  return {
    columns: columnDefinitions.map(
      ({ name, type, format, priority }) => `${name} ${type} ${format} ${priority}`,
    ),
    rows: rows.map(({ cells }) =>
      cells.map((cell, index) => maskCell(cell, columnDefinitions[index]?.name ?? "")),
    ),
  };
}

function maskCell(cell: unknown, column: string): unknown {
  if (timeColumns.includes(column) && cell !== "" && cell !== "<none>") return "(time)";
  if (addressColumns.includes(column) && cell !== "None" && cell !== "<none>") return "(address)";
  if (typeof cell !== "string") return cell;
  return cell.replace(/\([^)]* ago\)/, "((time) ago)").replace(/:3[0-9]{4}\//g, ":(port)/");
}

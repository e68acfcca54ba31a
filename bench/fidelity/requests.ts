import { withPodDetails } from "./pod-details.ts";
import { type AuditEvent, milliseconds, type Recording } from "./recording.ts";
import type { Mark, Phase } from "./scenario.ts";

/** What makes two requests the same to an API server, names aside. */
export interface RequestShape {
  readonly agent: string;
  /** As audited: get, list, watch, create, update, patch, delete … */
  readonly verb: string;
  /** With `{node}` or `{name}` in place of the object's name. */
  readonly path: string;
  /** Sorted and decoded; see {@link queryShape}. Empty if there is none. */
  readonly query: string;
  /** The status code; of a watch, the one it began with. */
  readonly code: number;
  /** What it is for, where one path serves for several things; else empty. */
  readonly detail: string;
}

/** One request of a subject; a watch is one from its start to its end. */
export interface HollowRequest {
  readonly shape: RequestShape;
  readonly phase: Phase;
  readonly atMs: number;
  /** When it was answered; `undefined` for a watch whose end was not recorded. */
  readonly endMs: number | undefined;
  /** Whose it is, where the request tells. */
  readonly node: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly event: AuditEvent;
}

/** A shape in one line: `hollow-kubelet get /api/v1/nodes/{node} timeout=10s 200`. */
export function shapeText(shape: RequestShape): string {
  const { agent, verb, path, query, code } = shape;
  const detail = shape.detail === "" ? "" : `(${shape.detail})`;
  return [agent, verb, path, query, code, detail].filter((part) => part !== "").join(" ");
}

/** Whether a node has sent it, and not the program that the node runs in. */
export function isOfNode({ shape }: { readonly shape: { readonly agent: string } }): boolean {
  return shape.agent.startsWith("hollow-");
}

/** The requests of a recording, in the order in which the server received them. */
export function requestsOf(recording: Recording): readonly HollowRequest[] {
  const completed = new Map<string, AuditEvent>();
  const started = new Set<string>();
  for (const event of recording.events) {
    if (event.stage === "ResponseStarted") started.add(event.auditID);
    else if (event.stage === "ResponseComplete") completed.set(event.auditID, event);
  }
  const requests: HollowRequest[] = [];
  for (const event of recording.events) {
    const isSecondHalf = event.stage === "ResponseComplete" && started.has(event.auditID);
    if (event.stage === "RequestReceived" || isSecondHalf) continue;
    requests.push(toRequest(event, completed.get(event.auditID), recording));
  }
  return withPodDetails(requests.sort((a, b) => a.atMs - b.atMs));
}

function toRequest(
  event: AuditEvent,
  completed: AuditEvent | undefined,
  recording: Recording,
): HollowRequest {
  const { nodes } = recording.about;
  const atMs = milliseconds(event.requestReceivedTimestamp);
  const url = new URL(event.requestURI, "https://server");
  const seconds = url.searchParams.get("timeoutSeconds");
  return {
    shape: {
      agent: event.userAgent ?? "",
      verb: event.verb,
      path: pathShape(url.pathname, event.objectRef?.name, nodes),
      query: queryShape(url.searchParams, nodes),
      code: event.responseStatus?.code ?? 0,
      detail: "",
    },
    phase: phaseAt(recording.marks, atMs),
    atMs,
    endMs: completed === undefined ? undefined : milliseconds(completed.stageTimestamp),
    node: nodeOf(event, url, nodes),
    timeoutSeconds: seconds === null ? undefined : Number(seconds),
    event,
  };
}

function phaseAt(marks: readonly Mark[], atMs: number): Phase {
  const begun = marks.filter(({ at }) => Date.parse(at) <= atMs);
  return (begun.at(-1) ?? marks[0])?.phase ?? "start";
}

/** A path with `{node}` or `{name}` in place of the object's name. */
export function pathShape(
  path: string,
  name: string | undefined,
  nodes: readonly string[],
): string {
  if (name === undefined) return path;
  const segments = path.split("/").map(decodeURIComponent);
  const index = segments.lastIndexOf(name);
  return segments
    .map((segment, at) => (at !== index ? segment : nodes.includes(name) ? "{node}" : "{name}"))
    .join("/");
}

/** The ranges that client-go and the kubelet draw `timeoutSeconds` from. */
const timeoutRanges = [
  [300, 600],
  [1_800, 3_600],
] as const;

/**
 * A query without what differs from request to request: `resourceVersion` is `0` or `N`, a random
 * `timeoutSeconds` its range, a `timeout` of the same length `timeoutSeconds`, and a node's name
 * in a selector `{node}`.
 */
export function queryShape(query: URLSearchParams, nodes: readonly string[]): string {
  const seconds = query.get("timeoutSeconds");
  const shapeOf = (name: string, value: string): string => {
    if (name === "resourceVersion") return value === "0" || value === "" ? value : "N";
    if (name === "continue") return "N";
    if (name === "timeoutSeconds") return rangeOf(Number(value));
    if (name === "timeout") return timeoutShape(value, seconds);
    if (name !== "fieldSelector") return value;
    return value.replace(/([^=,]+)(?=,|$)/g, (term) => (nodes.includes(term) ? "{node}" : term));
  };
  return [...query]
    .map(([name, value]) => `${name}=${shapeOf(name, value)}`)
    .sort()
    .join("&");
}

function timeoutShape(timeout: string, timeoutSeconds: string | null): string {
  const seconds = goSeconds(timeout);
  if (timeoutSeconds !== null && seconds === Number(timeoutSeconds)) return "timeoutSeconds";
  // One that was drawn by lot stands for its range, a fixed one for itself.
  const range = rangeOf(seconds);
  return range === String(seconds) ? timeout : range;
}

function rangeOf(seconds: number): string {
  const range = timeoutRanges.find(([min, max]) => seconds >= min && seconds <= max);
  return range === undefined ? String(seconds) : range.join("–");
}

/** Seconds of a Go duration of hours, minutes and seconds: `1h2m3s`. */
function goSeconds(duration: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
}

/** A pod's requests tell their node only by the pod that comes back. */
function nodeOf(event: AuditEvent, url: URL, nodes: readonly string[]): string | undefined {
  const selected = /(?:^|,)(?:metadata\.name|spec\.nodeName)=([^,]+)/.exec(
    url.searchParams.get("fieldSelector") ?? "",
  )?.[1];
  const answer = event.responseObject as
    | {
        readonly metadata?: { readonly name?: string };
        readonly spec?: { readonly nodeName?: string };
        readonly regarding?: { readonly name?: string };
      }
    | undefined;
  const candidates = [
    selected,
    event.objectRef?.name,
    answer?.spec?.nodeName,
    answer?.metadata?.name,
    answer?.regarding?.name,
  ];
  return candidates.find((name) => name !== undefined && nodes.includes(name));
}

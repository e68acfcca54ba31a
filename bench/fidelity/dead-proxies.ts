import type { AuditObjectRef, Recording } from "./recording.ts";
import type { HollowRequest } from "./requests.ts";

/** Whether kubemark's hollow proxy panics as soon as it sees its Node (kubernetes#133526). */
export function hasDyingProxies(version: string): boolean {
  return /^v1\.3[0-3]\./.test(version);
}

/** The phases in which processes start. */
const startPhases: ReadonlySet<string> = new Set(["start", "ready", "restart"]);

/** What the dying proxy waits for in vain: its answer is cut off by the panic. */
const cutOff = 504;

/**
 * What can be compared where kubemark's proxies die: what they send from their start until then.
 * Ours go on; what they send once theirs are gone is left out, and of the rest each shape counts
 * once for each start. A request that was cut off counts as the one that it was meant to be.
 */
export function untilProxiesDie(
  requests: readonly HollowRequest[],
  nodeCount: number,
): readonly HollowRequest[] {
  const seen = new Map<string, number>();
  return requests.flatMap((request) => {
    const { shape, phase } = request;
    if (shape.agent !== "hollow-proxy") return [request];
    if (!startPhases.has(phase)) return [];
    const start = phase === "restart" ? "again" : "first";
    const key = `${start} ${shape.verb} ${shape.path} ${shape.query}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count > nodeCount) return [];
    const code = shape.code === cutOff ? codeOf(shape.verb) : shape.code;
    // Theirs end with the process, ours do not: how long they last says nothing.
    return [{ ...request, shape: { ...shape, code }, endMs: undefined }];
  });
}

function codeOf(verb: string): number {
  return verb === "create" ? 201 : 200;
}

/** What the server would count if Kubemark's proxies lived: all their watches, and a connection each. */
export function withLivingProxies(
  counts: Readonly<Record<string, number>>,
  { events, about }: Pick<Recording, "events" | "about">,
): Readonly<Record<string, number>> {
  const begun = events
    .filter(({ userAgent, verb }) => userAgent === "hollow-proxy" && verb === "watch")
    .map(({ objectRef }) => watchName(objectRef));
  const living = [...new Set([...begun, "TCP connections"])].map(
    (name) => [name, (counts[name] ?? 0) + about.nodes.length] as const,
  );
  return { ...counts, ...Object.fromEntries(living) };
}

function watchName({ resource, apiGroup }: AuditObjectRef = {}): string {
  return `watches of ${apiGroup === undefined ? resource : `${resource}.${apiGroup}`}`;
}

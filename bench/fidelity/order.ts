import { isUnordered } from "./chance.ts";
import { type HollowRequest, shapeText } from "./requests.ts";
import { groupBy, median } from "./statistics.ts";

/** When a node first sends a request of this shape, in milliseconds after its first request. */
export interface StartStep {
  readonly shape: string;
  readonly theirsMs: number;
  readonly oursMs: number;
}

/** Two requests that come one way round there and the other way round here. */
export interface Inversion {
  readonly earlier: string;
  readonly later: string;
  /** How long Kubemark leaves between them. */
  readonly theirsMs: number;
  /** How much too early our later one is. */
  readonly oursMs: number;
}

/** The first requests of nodes that start. */
export interface StartOrder {
  /** In Kubemark's order. */
  readonly steps: readonly StartStep[];
  readonly inversions: readonly Inversion[];
}

/** Requests that Kubemark sends closer together than this are a race of its goroutines. */
export const raceMs = 50;

/**
 * Compares in which order nodes first send each shape of request, by the median of the nodes.
 * Requests of which some depend on chance have no order.
 */
export function compareOrder(
  theirs: readonly HollowRequest[],
  ours: readonly HollowRequest[],
  nodeCount: number,
): StartOrder {
  const oursMs = startOffsets(ours, nodeCount);
  const steps = [...startOffsets(theirs, nodeCount)]
    .flatMap(([shape, offset]) => {
      const other = oursMs.get(shape);
      return other === undefined ? [] : [{ shape, theirsMs: offset, oursMs: other }];
    })
    .sort((a, b) => a.theirsMs - b.theirsMs);
  const inversions = steps.flatMap((earlier, index) =>
    steps.slice(index + 1).flatMap((later) => {
      const gapMs = later.theirsMs - earlier.theirsMs;
      const earlyMs = earlier.oursMs - later.oursMs;
      if (gapMs <= raceMs || earlyMs <= 0 || agentOf(earlier) !== agentOf(later)) return [];
      return [{ earlier: earlier.shape, later: later.shape, theirsMs: gapMs, oursMs: earlyMs }];
    }),
  );
  return { steps, inversions };
}

function agentOf({ shape }: StartStep): string {
  return shape.slice(0, shape.indexOf(" "));
}

/** The median time of each shape that at least half of the nodes send. */
function startOffsets(
  requests: readonly HollowRequest[],
  nodeCount: number,
): ReadonlyMap<string, number> {
  const atStart = requests.filter(
    ({ phase, shape }) => (phase === "start" || phase === "ready") && !isUnordered(shape),
  );
  const offsets = new Map<string, number>();
  for (const ofAgent of groupBy(atStart, ({ shape }) => shape.agent).values()) {
    const beginnings = beginningsOf(ofAgent);
    for (const [shape, ofShape] of groupBy(ofAgent, ({ shape }) => shapeText(shape))) {
      const offset = median(offsetsOf(ofShape, beginnings, nodeCount));
      if (ofShape.length >= nodeCount / 2 && offset !== undefined) offsets.set(shape, offset);
    }
  }
  return offsets;
}

/** When each node sent its first request that tells its name, in the order of these times. */
function beginningsOf(requests: readonly HollowRequest[]): ReadonlyMap<string, number> {
  const beginnings = new Map<string, number>();
  for (const { node, atMs } of requests) {
    if (node !== undefined && !beginnings.has(node)) beginnings.set(node, atMs);
  }
  return beginnings;
}

/**
 * Requests that do not tell their node are taken for one of each, in the order of the nodes'
 * beginnings.
 */
function offsetsOf(
  requests: readonly HollowRequest[],
  beginnings: ReadonlyMap<string, number>,
  nodeCount: number,
): readonly number[] {
  const firsts = new Map<string, number>();
  for (const { node, atMs } of requests) {
    const begunMs = beginnings.get(node ?? "");
    if (node !== undefined && begunMs !== undefined && !firsts.has(node)) {
      firsts.set(node, atMs - begunMs);
    }
  }
  if (firsts.size > 0) return [...firsts.values()];
  const ordered = [...beginnings.values()];
  return requests
    .slice(0, nodeCount)
    .map(({ atMs }, index) => atMs - (ordered[index] ?? requests[0]?.atMs ?? 0));
}

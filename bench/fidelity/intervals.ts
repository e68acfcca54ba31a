import type { HollowRequest } from "./requests.ts";
import type { Finding } from "./rows.ts";
import { groupBy, median, quantile } from "./statistics.ts";

/** Of one side. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
}

/** How far apart in time something is, on both sides. */
export interface Interval {
  readonly name: string;
  readonly theirs: Spread | undefined;
  readonly ours: Spread | undefined;
  readonly finding: Finding;
}

/** Compares median and p99 of what a node does at intervals while it is idle, within 2 %. */
export function compareIntervals(
  theirs: readonly HollowRequest[],
  ours: readonly HollowRequest[],
): readonly Interval[] {
  const [a, b] = [seriesOf(theirs), seriesOf(ours)];
  return [...new Set([...a.keys(), ...b.keys()])].map((name) => {
    const [left, right] = [spreadOf(a.get(name) ?? []), spreadOf(b.get(name) ?? [])];
    return { name, theirs: left, ours: right, finding: findingOf(left, right) };
  });
}

/** Fewer than these on both sides say nothing; that they are as many is seen in the rows. */
const fewest = 10;

function findingOf(theirs: Spread | undefined, ours: Spread | undefined): Finding {
  if ((theirs?.count ?? 0) < fewest && (ours?.count ?? 0) < fewest) return "too few";
  if (theirs === undefined) return "ours alone";
  if (ours === undefined) return "theirs alone";
  const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 0.02 * a;
  const isEqual = isClose(theirs.median, ours.median) && isClose(theirs.p99, ours.p99);
  return isEqual ? "equal" : "differs";
}

function spreadOf(values: readonly number[]): Spread | undefined {
  const [middle, p99] = [median(values), quantile(values, 0.99)];
  if (middle === undefined || p99 === undefined) return undefined;
  return { count: values.length, median: middle, p99 };
}

function seriesOf(requests: readonly HollowRequest[]): ReadonlyMap<string, readonly number[]> {
  const idle = requests.filter(({ phase }) => phase === "idle");
  const series = new Map<string, readonly number[]>();
  const isOf = (verb: string, resource: string) => (request: HollowRequest) =>
    request.shape.verb === verb && request.event.objectRef?.resource === resource;
  const add = (name: string, values: readonly number[]): void => {
    if (values.length > 0) series.set(name, values);
  };
  add("seconds between a node's PUTs of its Lease", gapsS(idle.filter(isOf("update", "leases"))));
  add("seconds between a node's PATCHes of its status", gapsS(idle.filter(isOf("patch", "nodes"))));
  for (const [name, values] of watchLengths(requests)) add(name, values);
  return series;
}

function gapsS(requests: readonly HollowRequest[]): readonly number[] {
  return [...groupBy(requests, ({ node }) => node ?? "").values()].flatMap((ofNode) =>
    ofNode.slice(1).map(({ atMs }, index) => (atMs - (ofNode[index]?.atMs ?? 0)) / 1_000),
  );
}

/** A watch that ran out took this much longer than it asked for, or less. */
const expirySlackS = 5;

/**
 * How long watches lasted, as a share of the `timeoutSeconds` that they asked for, which is drawn
 * by lot and so says nothing. Watches that were cut short do not count here: they show as rows.
 */
function watchLengths(requests: readonly HollowRequest[]): ReadonlyMap<string, readonly number[]> {
  const lengths = new Map<string, number[]>();
  for (const { shape, atMs, endMs, timeoutSeconds } of requests) {
    if (shape.verb !== "watch" || endMs === undefined || timeoutSeconds === undefined) continue;
    const lengthS = (endMs - atMs) / 1_000;
    if (Math.abs(lengthS - timeoutSeconds) > expirySlackS) continue;
    const name = `length of ${shape.agent}'s watches, as a share of their timeoutSeconds`;
    lengths.set(name, [...(lengths.get(name) ?? []), lengthS / timeoutSeconds]);
  }
  return lengths;
}

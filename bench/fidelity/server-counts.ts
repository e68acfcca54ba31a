import { hasDyingProxies, withLivingProxies } from "./dead-proxies.ts";
import type { Recording } from "./recording.ts";
import type { Counts, Finding } from "./rows.ts";

/** What the server counts while the nodes are idle. */
export interface ServerRow {
  readonly name: string;
  readonly counts: Counts;
  readonly finding: Finding;
}

/**
 * Compares open watches by resource, and TCP connections. They are equal if they are the same
 * number a node: one of a whole fleet may be between two watches at the moment of counting. Where
 * kubemark's proxies are dead, ours are compared with what they would hold.
 */
export function compareServer(theirs: Recording, ours: Recording): readonly ServerRow[] {
  const nodeCount = theirs.about.nodes.length;
  const counted = countsOf(theirs);
  const a = hasDyingProxies(theirs.about.version) ? withLivingProxies(counted, theirs) : counted;
  const b = countsOf(ours);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().map((name) => {
    const counts = { theirs: a[name] ?? 0, ours: b[name] ?? 0 };
    return { name, counts, finding: findingOf(counts, nodeCount) };
  });
}

function countsOf({ server }: Recording): Readonly<Record<string, number>> {
  const watches = Object.entries(server.watches).map(
    ([resource, count]) => [`watches of ${resource}`, count] as const,
  );
  const connections = server.idleEnd.connections.reduce((sum, count) => sum + count, 0);
  return Object.fromEntries([...watches, ["TCP connections", connections]]);
}

function findingOf({ theirs, ours }: Counts, nodeCount: number): Finding {
  if (Math.round(theirs / nodeCount) === Math.round(ours / nodeCount)) return "equal";
  if (ours === 0) return "theirs alone";
  return theirs === 0 ? "ours alone" : "differs";
}

import type { PodPhase } from "../k8s/types/core.ts";
import type { NodeFailure } from "../kubelet/index.ts";
import type { LeaseCounts } from "./lease-counter.ts";

/** Nodes that are not registered for the same reason. */
export interface FailureGroup {
  /** A reason of the API server's such as `Forbidden`, `NodeNotOurs`, or that of a transport error. */
  readonly reason: string;
  /** Of the first example. */
  readonly message: string;
  readonly nodes: number;
  /** Names of some of them. */
  readonly examples: readonly string[];
  /** Whether trying again cannot help; else it is tried again. */
  readonly final: boolean;
}

export interface FleetStatus {
  readonly nodes: {
    readonly wanted: number;
    /** Whose Node exists. */
    readonly registered: number;
    /** Whose Node is Ready, as the API server says. */
    readonly ready: number;
  };
  readonly failures: readonly FailureGroup[];
  /** Nodes that were deleted behind the fleet's back and registered again. */
  readonly reregistrations: number;
  readonly leases: LeaseCounts;
  readonly pods: Readonly<Record<PodPhase, number>>;
}

const examplesMax = 5;

interface MaybeFailed {
  readonly nodeName: string;
  readonly failure: NodeFailure | undefined;
}

export function failureGroups(nodes: Iterable<MaybeFailed>): readonly FailureGroup[] {
  const groups = new Map<
    string,
    { message: string; nodes: number; examples: string[]; final: boolean }
  >();
  for (const { nodeName, failure } of nodes) {
    if (failure === undefined) continue;
    const { reason, message, final } = failure;
    const group = groups.get(reason);
    if (group === undefined) {
      groups.set(reason, { message, nodes: 1, examples: [nodeName], final });
      continue;
    }
    group.nodes += 1;
    if (group.examples.length < examplesMax) group.examples.push(nodeName);
  }
  return [...groups].map(([reason, group]) => ({ reason, ...group }));
}

/** Of a fleet that does not run. */
export function emptyStatus(wanted: number): FleetStatus {
  return {
    nodes: { wanted, registered: 0, ready: 0 },
    failures: [],
    reregistrations: 0,
    leases: { sent: 0, late: 0, failed: 0, longestGapMs: 0 },
    pods: { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 },
  };
}

/** Of a fleet whose nodes run in several places. */
export function sumStatuses(statuses: readonly FleetStatus[]): FleetStatus {
  const sum = (numberOf: (status: FleetStatus) => number): number =>
    statuses.reduce((total, status) => total + numberOf(status), 0);
  return {
    nodes: {
      wanted: sum(({ nodes }) => nodes.wanted),
      registered: sum(({ nodes }) => nodes.registered),
      ready: sum(({ nodes }) => nodes.ready),
    },
    failures: mergeGroups(statuses.flatMap(({ failures }) => failures)),
    reregistrations: sum(({ reregistrations }) => reregistrations),
    leases: {
      sent: sum(({ leases }) => leases.sent),
      late: sum(({ leases }) => leases.late),
      failed: sum(({ leases }) => leases.failed),
      longestGapMs: Math.max(0, ...statuses.map(({ leases }) => leases.longestGapMs)),
    },
    pods: {
      Pending: sum(({ pods }) => pods.Pending),
      Running: sum(({ pods }) => pods.Running),
      Succeeded: sum(({ pods }) => pods.Succeeded),
      Failed: sum(({ pods }) => pods.Failed),
      Unknown: sum(({ pods }) => pods.Unknown),
    },
  };
}

function mergeGroups(groups: readonly FailureGroup[]): readonly FailureGroup[] {
  const byReason = new Map<string, FailureGroup>();
  for (const group of groups) {
    const known = byReason.get(group.reason);
    byReason.set(
      group.reason,
      known === undefined
        ? group
        : {
            ...known,
            nodes: known.nodes + group.nodes,
            examples: [...known.examples, ...group.examples].slice(0, examplesMax),
          },
    );
  }
  return [...byReason.values()];
}

/** Whether all nodes that can become Ready are, and some cannot. */
export function isHopeless({ nodes, failures }: FleetStatus): boolean {
  let refused = 0;
  for (const failure of failures) if (failure.final) refused += failure.nodes;
  return refused > 0 && nodes.ready + refused >= nodes.wanted;
}

/** One line: how many nodes are Ready, and what the API server says of the others. */
export function describeUnready({ nodes, failures }: FleetStatus): string {
  const { wanted, registered, ready } = nodes;
  const parts = [`${ready} of ${wanted} nodes are Ready`];
  for (const { nodes: count, reason, message } of failures) {
    parts.push(`${count} not registered (${reason}): ${message}`);
  }
  if (registered > ready) parts.push(`${registered - ready} registered and not yet Ready`);
  return parts.join("; ");
}

import { parseTime } from "../base/rfc3339.ts";
import { metricsAnnotation, nodesAnnotation } from "../fleet/index.ts";
import { findCondition } from "../k8s/conditions.ts";
import type { Lease } from "../k8s/types/coordination.ts";
import type { Node, Pod, PodPhase } from "../k8s/types/core.ts";
import { fleetLabel } from "../kubelet/index.ts";

/** Nodes by what the API server says of their condition Ready. */
export interface NodeCounts {
  /** Whose Node exists. */
  registered: number;
  ready: number;
  notReady: number;
  /** Whose Lease the control plane missed, or that have no such condition. */
  unknown: number;
}

/** What a cluster shows of one fleet. */
export interface FleetSurvey {
  readonly fleet: string;
  /** Who runs it; undefined when nobody has renewed the fleet's Lease for a while. */
  readonly holder: string | undefined;
  /** RFC 3339. */
  readonly since: string | undefined;
  readonly metrics: string | undefined;
  readonly nodes: Readonly<NodeCounts> & {
    /** How many nodes it is to have; undefined when nobody has said so. */
    readonly wanted: number | undefined;
  };
  readonly versions: readonly (NodeCounts & { readonly kubeletVersion: string })[];
  /** The node that has not renewed its Lease for the longest time. */
  readonly oldestLease: { readonly node: string; readonly renewTime: string } | undefined;
  readonly nodesWithoutLease: number;
  readonly pods: Readonly<Record<PodPhase, number>>;
}

/** Three times the 15 s that the fleet's Lease is good for: clocks of two machines need not agree. */
const heldForMs = 45_000;

/** Whether all nodes that the fleet is to have are there and Ready. */
export function isAllReady({ nodes }: FleetSurvey): boolean {
  const { registered, ready, wanted = 0 } = nodes;
  return registered > 0 && ready === registered && ready >= wanted;
}

/** Puts together what belongs to each fleet. Pods may come in many parts. */
export class FleetSurveyor {
  readonly #nowMs: number;
  readonly #fleets = new Map<string, Found>();
  readonly #byNode = new Map<string, Found>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  addNode(node: Node): void {
    const found = this.#fleet(node.metadata.labels?.[fleetLabel]);
    if (found === undefined) return;
    const { name } = node.metadata;
    this.#byNode.set(name, found);
    found.waiting.add(name);
    const kubeletVersion = node.status?.nodeInfo?.kubeletVersion ?? "";
    let counts = found.versions.get(kubeletVersion);
    if (counts === undefined) {
      counts = noNodes();
      found.versions.set(kubeletVersion, counts);
    }
    count(node, counts);
    count(node, found.nodes);
  }

  /** The Lease by which a fleet is held. */
  addLock(lease: Lease): void {
    const found = this.#fleet(lease.metadata.labels?.[fleetLabel]);
    if (found !== undefined) found.lock = lease;
  }

  /** The Lease of a node; once all nodes were added. */
  addLease({ metadata, spec }: Lease): void {
    const node = metadata.name;
    const found = this.#byNode.get(node);
    const renewTime = spec?.renewTime;
    if (found === undefined || renewTime === undefined) return;
    found.waiting.delete(node);
    const { oldest } = found;
    if (oldest === undefined || timeOf(renewTime) < timeOf(oldest.renewTime)) {
      found.oldest = { node, renewTime };
    }
  }

  /** Once all nodes were added. */
  addPod({ spec, status }: Pod): void {
    const found = this.#byNode.get(spec.nodeName ?? "");
    if (found !== undefined) found.pods[status?.phase ?? "Pending"] += 1;
  }

  fleets(): readonly FleetSurvey[] {
    return [...this.#fleets]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([fleet, found]) => this.#survey(fleet, found));
  }

  #fleet(name: string | undefined): Found | undefined {
    if (name === undefined) return undefined;
    let found = this.#fleets.get(name);
    if (found === undefined) {
      found = {
        lock: undefined,
        nodes: noNodes(),
        versions: new Map(),
        waiting: new Set(),
        oldest: undefined,
        pods: { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 },
      };
      this.#fleets.set(name, found);
    }
    return found;
  }

  #survey(fleet: string, found: Found): FleetSurvey {
    const { lock, nodes, versions, waiting, oldest, pods } = found;
    const { annotations = {} } = lock?.metadata ?? {};
    const isHeld = this.#nowMs - timeOf(lock?.spec?.renewTime) < heldForMs;
    const wanted = Number(annotations[nodesAnnotation] ?? Number.NaN);
    return {
      fleet,
      holder: isHeld ? lock?.spec?.holderIdentity : undefined,
      since: isHeld ? lock?.spec?.acquireTime : undefined,
      metrics: isHeld ? annotations[metricsAnnotation] : undefined,
      nodes: { wanted: Number.isSafeInteger(wanted) ? wanted : undefined, ...nodes },
      versions: [...versions]
        .sort(([left], [right]) => left.localeCompare(right, "en", { numeric: true }))
        .map(([kubeletVersion, counts]) => ({ kubeletVersion, ...counts })),
      oldestLease: oldest,
      nodesWithoutLease: waiting.size,
      pods,
    };
  }
}

interface Found {
  lock: Lease | undefined;
  readonly nodes: NodeCounts;
  readonly versions: Map<string, NodeCounts>;
  /** Nodes whose Lease was not seen. */
  readonly waiting: Set<string>;
  oldest: { readonly node: string; readonly renewTime: string } | undefined;
  readonly pods: Record<PodPhase, number>;
}

function noNodes(): NodeCounts {
  return { registered: 0, ready: 0, notReady: 0, unknown: 0 };
}

function count({ status }: Node, counts: NodeCounts): void {
  counts.registered += 1;
  const ready = findCondition(status?.conditions, "Ready")?.status;
  if (ready === "True") counts.ready += 1;
  else if (ready === "False") counts.notReady += 1;
  else counts.unknown += 1;
}

/** In milliseconds since the Unix epoch; the beginning of time for what is none. */
function timeOf(text: string | undefined): number {
  return parseTime(text ?? "") ?? 0;
}

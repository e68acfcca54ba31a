import type { ServicePortRule } from "./service-rules.ts";
import type { EndpointRule, SliceRule } from "./slice-rules.ts";

/** Where traffic to a Service may go. */
export interface ProxyEndpoint {
  readonly address: string;
  readonly port: number;
}

/** The node of the proxy, as far as it decides which endpoints serve. */
export interface ProxyNode {
  readonly name: string;
  /** Of its label `topology.kubernetes.io/zone`. */
  readonly zone: string | undefined;
}

interface Candidate extends ProxyEndpoint {
  /** `address:port`, which orders them. */
  readonly key: string;
  readonly isLocal: boolean;
  readonly endpoint: EndpointRule;
}

/**
 * The endpoints that serve a port of a Service from one node, in the order of their addresses:
 * those that are ready, else those that still serve while they end; all of them or those of the
 * node, as the traffic policy says; of the zone or the node where all have such hints
 * (`CategorizeEndpoints` of `pkg/proxy/topology.go`).
 */
export function chooseEndpoints(
  rule: ServicePortRule,
  scope: "internal" | "external",
  family: SliceRule["addressType"],
  slices: readonly SliceRule[],
  node: ProxyNode,
): readonly ProxyEndpoint[] {
  const candidates = candidatesOf(rule, family, slices, node.name);
  const policy = scope === "internal" ? rule.internalTrafficPolicy : rule.externalTrafficPolicy;
  const chosen =
    policy === "Local"
      ? usable(candidates.filter(({ isLocal }) => isLocal))
      : usable(candidates, hintsOf(candidates, node));
  return chosen.map(({ address, port }) => ({ address, port }));
}

function candidatesOf(
  { portName, protocol }: ServicePortRule,
  family: SliceRule["addressType"],
  slices: readonly SliceRule[],
  nodeName: string,
): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    for (const { name, protocol: itsProtocol, port } of slice.ports) {
      if (name !== portName || itsProtocol !== protocol) continue;
      for (const endpoint of slice.endpoints) {
        const { address } = endpoint;
        const key = family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
        const candidate = { key, address, port, endpoint, isLocal: endpoint.nodeName === nodeName };
        const known = candidates.get(key);
        if (known === undefined || isBefore(candidate, known)) candidates.set(key, candidate);
      }
    }
  }
  return [...candidates.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
}

/**
 * An endpoint may be in two slices while it moves from one to the other. kube-proxy takes any, but
 * rather one of its node; here also the readier, so that the order of slices does not matter.
 */
function isBefore(left: Candidate, right: Candidate): boolean {
  if (left.isLocal !== right.isLocal) return left.isLocal;
  return readiness(left) > readiness(right);
}

function readiness({ endpoint: { ready, serving, terminating } }: Candidate): number {
  return (ready ? 4 : 0) + (serving ? 2 : 0) + (terminating ? 0 : 1);
}

type Hints = (candidate: Candidate) => boolean;

const noHints: Hints = () => true;

/** Hints never lead to endpoints that end: what is not ready has none. */
function usable(candidates: readonly Candidate[], hints: Hints = noHints): readonly Candidate[] {
  const ready = candidates.filter((candidate) => candidate.endpoint.ready && hints(candidate));
  if (ready.length > 0) return ready;
  return candidates.filter(({ endpoint }) => endpoint.serving && endpoint.terminating);
}

/** `topologyModeFromHints`: hints count when every ready endpoint has one, and one is for us. */
function hintsOf(candidates: readonly Candidate[], { name, zone }: ProxyNode): Hints {
  const ready = candidates.filter(({ endpoint }) => endpoint.ready);
  const forNode: Hints = ({ endpoint }) => endpoint.nodeHints.includes(name);
  const forZone: Hints = ({ endpoint }) => zone !== undefined && endpoint.zoneHints.includes(zone);
  if (ready.every(({ endpoint }) => endpoint.nodeHints.length > 0) && ready.some(forNode)) {
    return forNode;
  }
  if (ready.every(({ endpoint }) => endpoint.zoneHints.length > 0) && ready.some(forZone)) {
    return forZone;
  }
  return noHints;
}

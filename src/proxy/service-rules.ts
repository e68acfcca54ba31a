import type { Service, ServicePort } from "../k8s/types/core.ts";
import { type Keyed, PersistentMap } from "./persistent-map.ts";
import type { TableDesign } from "./versioned-table.ts";

/** What a proxy knows of one port of a Service (`pkg/proxy/serviceport.go`). */
export interface ServicePortRule {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** Empty where the Service has one port without a name. */
  readonly portName: string;
  readonly protocol: string;
  readonly sessionAffinity: "None" | "ClientIP";
  /** How long a client stays with its endpoint, in seconds; 0 without affinity. */
  readonly stickyMaxAgeSeconds: number;
  readonly internalTrafficPolicy: "Cluster" | "Local";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  /** Where traffic to it arrives: see `frontendKey`. */
  readonly internal: readonly string[];
  readonly external: readonly string[];
}

/** Who answers at one address, port and protocol: the first. */
export interface Frontend extends Keyed {
  /** By service, then port, so that it does not matter who came first. */
  readonly claims: readonly FrontendClaim[];
}

interface FrontendClaim {
  readonly rule: ServicePortRule;
  readonly scope: "internal" | "external";
}

/** The address in the key of a node port, which answers at each address of the node. */
export const anyAddress = "*";

export function frontendKey(ip: string, port: number, protocol: string): string {
  return `${ip} ${port} ${protocol}`;
}

export const serviceDesign: TableDesign<
  Service,
  readonly ServicePortRule[],
  PersistentMap<Frontend>
> = {
  valueOf: servicePortRules,
  emptyIndex: PersistentMap.empty(),
  reindex(index, _key, previous, value) {
    let frontends = index;
    for (const rule of previous ?? []) frontends = withoutRule(frontends, rule);
    for (const rule of value ?? []) frontends = withRule(frontends, rule);
    return frontends;
  },
};

/** None for a Service without a cluster IP, and for one that is a name (`ShouldSkipService`). */
export function servicePortRules(service: Service): readonly ServicePortRule[] {
  const { spec } = service;
  const clusterIps = spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP]);
  const [first] = clusterIps;
  if (first === undefined || first === "" || first === "None") return [];
  if (spec?.type === "ExternalName") return [];
  return (spec?.ports ?? []).map((port) => servicePortRule(service, port, clusterIps));
}

function servicePortRule(
  { metadata, spec, status }: Service,
  { name = "", port, protocol = "TCP", nodePort }: ServicePort,
  clusterIps: readonly string[],
): ServicePortRule {
  const external = (spec?.externalIPs ?? []).map((ip) => frontendKey(ip, port, protocol));
  for (const { ip, ipMode } of status?.loadBalancer?.ingress ?? []) {
    // An address of mode Proxy is that of a machine which sends to the node ports.
    if (ip === undefined || ip === "" || ipMode === "Proxy") continue;
    external.push(frontendKey(ip, port, protocol));
  }
  if (nodePort !== undefined && nodePort !== 0) {
    external.push(frontendKey(anyAddress, nodePort, protocol));
  }
  const isSticky = spec?.sessionAffinity === "ClientIP";
  return {
    service: `${metadata.namespace}/${metadata.name}`,
    portName: name,
    protocol,
    sessionAffinity: isSticky ? "ClientIP" : "None",
    stickyMaxAgeSeconds: isSticky
      ? (spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
      : 0,
    internalTrafficPolicy: spec?.internalTrafficPolicy ?? "Cluster",
    externalTrafficPolicy: spec?.externalTrafficPolicy ?? "Cluster",
    internal: clusterIps.map((ip) => frontendKey(ip, port, protocol)),
    external,
  };
}

function withRule(frontends: PersistentMap<Frontend>, rule: ServicePortRule) {
  let result = frontends;
  for (const key of rule.internal) result = withClaim(result, key, { rule, scope: "internal" });
  for (const key of rule.external) result = withClaim(result, key, { rule, scope: "external" });
  return result;
}

function withClaim(
  frontends: PersistentMap<Frontend>,
  key: string,
  claim: FrontendClaim,
): PersistentMap<Frontend> {
  const claims = [...(frontends.get(key)?.claims ?? []), claim];
  if (claims.length > 1) claims.sort(byServicePort);
  return frontends.with({ key, claims });
}

function withoutRule(frontends: PersistentMap<Frontend>, rule: ServicePortRule) {
  let result = frontends;
  for (const key of [...rule.internal, ...rule.external]) {
    const claims = result.get(key)?.claims.filter((claim) => claim.rule !== rule) ?? [];
    result = claims.length === 0 ? result.without(key) : result.with({ key, claims });
  }
  return result;
}

function byServicePort({ rule: left }: FrontendClaim, { rule: right }: FrontendClaim): number {
  if (left.service !== right.service) return left.service < right.service ? -1 : 1;
  return left.portName < right.portName ? -1 : left.portName > right.portName ? 1 : 0;
}

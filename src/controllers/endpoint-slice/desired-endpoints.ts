import { isIP } from "node:net";
import { isPodReady, isPodTerminal } from "../../k8s/pods.ts";
import type { Container, Node, Pod, Service, ServicePort } from "../../k8s/types/core.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../k8s/types/discovery.ts";

export type AddressType = EndpointSlice["addressType"];

/** Endpoints that are reached on the same ports, by `endpointKey`. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

export interface DesiredEndpoints {
  /** By `portsKey`. */
  readonly groups: ReadonlyMap<string, EndpointGroup>;
  /** Nodes that pods are bound to and that are not known: their pods are left out. */
  readonly missingNodes: ReadonlySet<string>;
}

const zoneLabel = "topology.kubernetes.io/zone";

/**
 * What the slices of a service are to hold in one family of addresses. Named target ports may differ
 * from pod to pod, which is why there may be several groups. Follows `reconcileByAddressType` of
 * `staging/src/k8s.io/endpointslice/reconciler.go`.
 */
export function desiredEndpoints(
  service: Service,
  pods: Iterable<Pod>,
  addressType: AddressType,
  nodeOf: (name: string) => Node | undefined,
): DesiredEndpoints {
  const groups = new Map<string, EndpointGroup>();
  const missingNodes = new Set<string>();
  for (const pod of pods) {
    if (isPodTerminal(pod)) continue;
    const addresses = addressesOf(pod, service, addressType);
    if (addresses.length === 0) continue;
    const node = nodeOf(pod.spec.nodeName ?? "");
    if (node === undefined && service.spec?.publishNotReadyAddresses !== true) {
      missingNodes.add(pod.spec.nodeName ?? "");
      continue;
    }
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    const endpoint = endpointOf(pod, node, service, addresses);
    group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return { groups, missingNodes };
}

/** The same for endpoints of the same pod and addresses (`endpointsliceutil.EndpointSet`). */
export function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.namespace ?? ""}/${targetRef?.name ?? ""}/${addresses.join()}`;
}

/** The same for the same ports in any order (`endpointsliceutil.NewPortMapKey`). */
export function portsKey(ports: readonly EndpointPort[] | null | undefined): string {
  const texts = (ports ?? []).map(({ name = "", protocol = "TCP", port, appProtocol = "" }) =>
    JSON.stringify([name, protocol, port, appProtocol]),
  );
  return texts.sort().join();
}

/** Whether two endpoints with the same key say the same. */
export function isSameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return (
    left.nodeName === right.nodeName &&
    left.zone === right.zone &&
    left.hostname === right.hostname &&
    left.targetRef?.uid === right.targetRef?.uid &&
    left.conditions?.ready === right.conditions?.ready &&
    left.conditions?.serving === right.conditions?.serving &&
    left.conditions?.terminating === right.conditions?.terminating
  );
}

function endpointOf(
  pod: Pod,
  node: Node | undefined,
  service: Service,
  addresses: readonly string[],
): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const { nodeName, hostname, subdomain } = pod.spec;
  const serving = isPodReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const zone = node?.metadata.labels?.[zoneLabel] ?? "";
  const hasHostname = (hostname ?? "") !== "" && subdomain === service.metadata.name;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hasHostname && hostname !== undefined ? { hostname } : {}),
    targetRef: { kind: "Pod", ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === "" ? {} : { zone }),
  };
}

function addressesOf({ status }: Pod, service: Service, type: AddressType): readonly string[] {
  const version = type === "IPv6" ? 6 : 4;
  const addresses = (status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => isIP(ip) === version);
  // Only a service without an address of its own may point to several of a pod.
  return service.spec?.clusterIP === "None" ? addresses : addresses.slice(0, 1);
}

function portsOf({ spec }: Service, pod: Pod): readonly EndpointPort[] {
  return (spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(pod, servicePort);
    // A pod that has no port of that name is an endpoint without it.
    if (port === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = servicePort;
    return [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** `podutil.FindPort` of `pkg/api/v1/pod/util.go`. */
function targetPortOf({ spec }: Pod, servicePort: ServicePort): number | undefined {
  const { targetPort = servicePort.port, protocol = "TCP" } = servicePort;
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    for (const port of ports) {
      const isNamed = port.name === targetPort && (port.protocol ?? "TCP") === protocol;
      if (isNamed) return port.containerPort;
    }
  }
  return undefined;
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}

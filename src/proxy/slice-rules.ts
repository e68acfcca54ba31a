import type { Endpoint, EndpointSlice } from "../k8s/types/discovery.ts";
import { type Keyed, PersistentMap } from "./persistent-map.ts";
import type { TableDesign } from "./versioned-table.ts";

/** What a proxy knows of one EndpointSlice (`pkg/proxy/endpointslicecache.go`). */
export interface SliceRule {
  /** `namespace/name` of the Service. */
  readonly service: string;
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly port: number;
  }[];
  readonly endpoints: readonly EndpointRule[];
}

export interface EndpointRule {
  readonly address: string;
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** For which zones, and which nodes, it is meant; empty for all. */
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** The slices of a Service; its key is the Service's. */
export interface ServiceSlices extends Keyed {
  readonly slices: readonly SliceRule[];
}

const serviceNameLabel = "kubernetes.io/service-name";

export const sliceDesign: TableDesign<
  EndpointSlice,
  SliceRule | undefined,
  PersistentMap<ServiceSlices>
> = {
  valueOf: sliceRule,
  emptyIndex: PersistentMap.empty(),
  reindex(index, _key, previous, value) {
    let services = index;
    if (previous !== undefined) {
      const slices = slicesOf(services, previous.service).filter((slice) => slice !== previous);
      services =
        slices.length === 0
          ? services.without(previous.service)
          : services.with({ key: previous.service, slices });
    }
    if (value === undefined) return services;
    const slices = [...slicesOf(services, value.service), value];
    return services.with({ key: value.service, slices });
  },
};

export function slicesOf(
  services: PersistentMap<ServiceSlices>,
  service: string,
): readonly SliceRule[] {
  return services.get(service)?.slices ?? [];
}

/** Undefined for a slice that no proxy reads: one of names, or of no Service. */
export function sliceRule(slice: EndpointSlice): SliceRule | undefined {
  const { metadata, addressType } = slice;
  const service = metadata.labels?.[serviceNameLabel];
  if (service === undefined || service === "" || addressType === "FQDN") return undefined;
  const ports: SliceRule["ports"][number][] = [];
  for (const { name = "", protocol = "TCP", port = 0 } of slice.ports ?? []) {
    if (port !== 0) ports.push({ name, protocol, port });
  }
  const endpoints: EndpointRule[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const rule = endpointRule(endpoint);
    if (rule !== undefined) endpoints.push(rule);
  }
  return { service: `${metadata.namespace}/${service}`, addressType, ports, endpoints };
}

const noHints: readonly string[] = [];

/** A condition that is not known counts as the API says: ready and serving, not terminating. */
function endpointRule({ addresses, conditions, nodeName, hints }: Endpoint) {
  // All addresses of an endpoint are the same to its clients, and kube-proxy takes the first.
  const [address] = addresses;
  if (address === undefined) return undefined;
  return {
    address,
    nodeName,
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
    zoneHints: hints?.forZones?.map(({ name }) => name) ?? noHints,
    nodeHints: hints?.forNodes?.map(({ name }) => name) ?? noHints,
  };
}

import type { Env } from "../base/env.ts";
import type { Histogram } from "../base/metrics.ts";
import type { Service } from "../k8s/types/core.ts";
import type { EndpointSlice } from "../k8s/types/discovery.ts";
import type { ServiceCidr } from "../k8s/types/networking.ts";
import type { PersistentMap } from "./persistent-map.ts";
import { type Frontend, type ServicePortRule, serviceDesign } from "./service-rules.ts";
import { type ServiceSlices, type SliceRule, sliceDesign } from "./slice-rules.ts";
import { type TableDesign, type Version, VersionedTable } from "./versioned-table.ts";

export type ServicesVersion = Version<readonly ServicePortRule[], PersistentMap<Frontend>>;
export type SlicesVersion = Version<SliceRule | undefined, PersistentMap<ServiceSlices>>;

/**
 * What the proxies of a fleet know, each rule once, whoever knows it. A proxy has a few references
 * to versions of it.
 */
export interface SharedRules {
  readonly services: VersionedTable<Service, readonly ServicePortRule[], PersistentMap<Frontend>>;
  readonly slices: VersionedTable<
    EndpointSlice,
    SliceRule | undefined,
    PersistentMap<ServiceSlices>
  >;
  readonly cidrs: VersionedTable<ServiceCidr, readonly string[], undefined>;
  readonly latency: Histogram;
}

/** The ranges of cluster IPs; a proxy in mode iptables only has them. */
const cidrDesign: TableDesign<ServiceCidr, readonly string[], undefined> = {
  valueOf: ({ spec }) => spec?.cidrs ?? [],
  emptyIndex: undefined,
  reindex: () => undefined,
};

export function createSharedRules({ metrics }: Pick<Env, "metrics">): SharedRules {
  return {
    services: new VersionedTable(serviceDesign),
    slices: new VersionedTable(sliceDesign),
    cidrs: new VersionedTable(cidrDesign),
    latency: metrics.histogram(
      "kubeproxy_network_programming_duration_seconds",
      "From a change of a Service or a pod until the rules that follow from it were there.",
      latencyBuckets(),
    ),
  };
}

/** Those of kube-proxy (`pkg/proxy/metrics/metrics.go`), in seconds. */
function latencyBuckets(): readonly number[] {
  const buckets = [0.25, 0.5];
  for (let bound = 1; bound < 60; bound += 1) buckets.push(bound);
  for (let bound = 60; bound < 120; bound += 5) buckets.push(bound);
  for (let bound = 120; bound <= 300; bound += 30) buckets.push(bound);
  return buckets;
}

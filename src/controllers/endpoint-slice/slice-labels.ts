import { jsonEqual } from "../../k8s/json.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { EndpointSlice } from "../../k8s/types/discovery.ts";

const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
/** What stands in `managedByLabel` of the slices of this controller. */
const managerName = "endpointslice-controller.k8s.io";

const headlessLabel = "service.kubernetes.io/headless";
const reservedLabels: readonly string[] = [serviceNameLabel, managedByLabel, headlessLabel];

export function isManagedHere({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[managedByLabel] === managerName;
}

/** `namespace/name` of the service that a slice belongs to. */
export function serviceKeyOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace ?? ""}/${metadata.labels?.[serviceNameLabel] ?? ""}`;
}

/** The labels of a service's slices: its own, and those by which slices are found. */
export function labelsOf({ metadata, spec }: Service): Readonly<Record<string, string>> {
  const hasAddress = (spec?.clusterIP ?? "") !== "" && spec?.clusterIP !== "None";
  return {
    ...withoutReserved(metadata.labels),
    ...(hasAddress ? {} : { [headlessLabel]: "" }),
    [serviceNameLabel]: metadata.name,
    [managedByLabel]: managerName,
  };
}

/**
 * The slice with the service's labels of today, or the very same slice. As upstream, a label of ours
 * that somebody took off comes back only with another change (`setEndpointSliceLabels`).
 */
export function withServiceLabels(slice: EndpointSlice, service: Service): EndpointSlice {
  const before = withoutReserved(slice.metadata.labels);
  if (jsonEqual(before, withoutReserved(service.metadata.labels))) return slice;
  return { ...slice, metadata: { ...slice.metadata, labels: labelsOf(service) } };
}

function withoutReserved(
  labels: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter(([key]) => !reservedLabels.includes(key)),
  );
}

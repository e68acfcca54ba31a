import { controllerRef, isControlledBy } from "../../k8s/owner-refs.ts";
import type { Node, Pod, Service } from "../../k8s/types/core.ts";
import type { Endpoint, EndpointSlice } from "../../k8s/types/discovery.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import {
  type AddressType,
  desiredEndpoints,
  type EndpointGroup,
  portsKey,
} from "./desired-endpoints.ts";
import { packGroup, type SliceChange } from "./pack-slices.ts";
import { labelsOf, withServiceLabels } from "./slice-labels.ts";

/** What to write so that the slices of a service are as they should be. */
export interface SlicePlan {
  readonly create: readonly ToCreate<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
  /** Nodes that pods are bound to and that are not known: to be tried again. */
  readonly missingNodes: readonly string[];
}

export interface SliceInput {
  readonly service: Service;
  /** Those that the service selects. */
  readonly pods: readonly Pod[];
  /** Those that this controller manages for the service and that are not being deleted. */
  readonly slices: readonly EndpointSlice[];
  /** Since when what is written is due, RFC 3339. */
  readonly triggerTime: string | undefined;
  nodeOf(name: string): Node | undefined;
}

const triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/**
 * Decides with as few writes as possible: what is in a slice stays there, what is new goes where
 * something is written anyway. Follows `staging/src/k8s.io/endpointslice/reconciler.go`.
 */
export function planSlices(input: SliceInput): SlicePlan {
  const { service, slices, triggerTime } = input;
  const types: readonly AddressType[] = service.spec?.ipFamilies ?? ["IPv4"];
  const changes: SliceChange[] = [];
  const missingNodes = new Set<string>();
  for (const slice of slices) {
    if (!types.includes(slice.addressType)) changes.push({ kind: "remove", slice });
  }
  for (const type of types) {
    const desired = desiredEndpoints(service, input.pods, type, input.nodeOf);
    for (const name of desired.missingNodes) missingNodes.add(name);
    const ofType = slices.filter(({ addressType }) => addressType === type);
    changes.push(...changesOfType(service, ofType, desired.groups, type));
  }
  return { ...settled(service, changes, triggerTime), missingNodes: [...missingNodes] };
}

function changesOfType(
  service: Service,
  slices: readonly EndpointSlice[],
  groups: ReadonlyMap<string, EndpointGroup>,
  type: AddressType,
): readonly SliceChange[] {
  const changes: SliceChange[] = [];
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = portsKey(slice.ports);
    // What an earlier service of that name owned is not ours to change.
    if (!isControlledBy(slice.metadata, service) || !groups.has(key)) {
      changes.push({ kind: "remove", slice });
    } else byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  for (const [key, group] of groups) {
    const packed = packGroup(group, byPorts.get(key) ?? [], (slice) =>
      withServiceLabels(slice, service),
    );
    changes.push(...packed.changes);
    for (const endpoints of packed.fresh) {
      changes.push({ kind: "create", slice: newSlice(service, type, group.ports, endpoints) });
    }
  }
  if (groups.size > 0) return changes;
  return withPlaceholder(service, type, changes);
}

/** A service without endpoints keeps one empty slice, so that others see it was looked at. */
function withPlaceholder(
  service: Service,
  type: AddressType,
  changes: readonly SliceChange[],
): readonly SliceChange[] {
  const [only, ...others] = changes;
  if (only?.kind === "remove" && others.length === 0 && isPlaceholder(service, only.slice)) {
    return [];
  }
  return [...changes, { kind: "create", slice: newSlice(service, type, [], []) }];
}

function isPlaceholder(service: Service, slice: EndpointSlice): boolean {
  if (!isControlledBy(slice.metadata, service)) return false;
  const isEmpty = (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0;
  return isEmpty && withServiceLabels(slice, service) === slice;
}

function newSlice(
  service: Service,
  addressType: AddressType,
  ports: EndpointGroup["ports"],
  endpoints: readonly Endpoint[],
): ToCreate<EndpointSlice> {
  const { name, namespace } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: labelsOf(service),
      ownerReferences: [controllerRef({ ...service, apiVersion: "v1", kind: "Service" })],
    },
    addressType,
    endpoints,
    ports,
  };
}

/**
 * Instead of removing one slice and creating another, one is changed into the other
 * (`finalize`). Of a service on its way out nothing is created: the garbage collector is at it.
 */
function settled(
  service: Service,
  changes: readonly SliceChange[],
  triggerTime: string | undefined,
): Omit<SlicePlan, "missingNodes"> {
  const create: ToCreate<EndpointSlice>[] = [];
  const update: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  for (const change of changes) {
    if (change.kind === "create") create.push(withTriggerTime(change.slice, triggerTime));
    else if (change.kind === "update") update.push(withTriggerTime(change.slice, triggerTime));
    else remove.push(change.slice);
  }
  const gone: EndpointSlice[] = [];
  for (const slice of remove) {
    const next = create.at(-1);
    const canBecome =
      next?.addressType === slice.addressType && isControlledBy(slice.metadata, service);
    if (next === undefined || !canBecome) {
      gone.push(slice);
      continue;
    }
    create.pop();
    update.push({ ...slice, ...next, metadata: { ...slice.metadata, ...next.metadata } });
  }
  const isGoing = service.metadata.deletionTimestamp !== undefined;
  return { create: isGoing ? [] : create, update, remove: gone };
}

function withTriggerTime<T extends Pick<ToCreate<EndpointSlice>, "metadata">>(
  slice: T,
  triggerTime: string | undefined,
): T {
  const { [triggerTimeAnnotation]: _, ...others } = slice.metadata.annotations ?? {};
  const annotations =
    triggerTime === undefined ? others : { ...others, [triggerTimeAnnotation]: triggerTime };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}

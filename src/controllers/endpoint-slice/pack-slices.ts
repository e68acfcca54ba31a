import type { Endpoint, EndpointSlice } from "../../k8s/types/discovery.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import { type EndpointGroup, endpointKey, isSameEndpoint } from "./desired-endpoints.ts";

/** `--max-endpoints-per-slice` of kube-controller-manager. */
export const endpointsPerSliceMax = 100;

export type SliceChange =
  | { readonly kind: "create"; readonly slice: ToCreate<EndpointSlice> }
  | { readonly kind: "update" | "remove"; readonly slice: EndpointSlice };

export interface Packed {
  readonly changes: readonly SliceChange[];
  /** What found no room, as the endpoints of new slices. */
  readonly fresh: readonly (readonly Endpoint[])[];
}

interface Draft {
  readonly slice: EndpointSlice;
  readonly endpoints: Endpoint[];
}

/**
 * Brings the endpoints of a group into slices. First each slice loses what is not wanted any more;
 * what is new fills slices that are written anyway, the fullest first; what is left goes into one
 * untouched slice if all of it fits, else into new ones. Follows `reconcileByPortMapping`.
 *
 * @param relabelled the slice as its labels should be, or the same slice.
 */
export function packGroup(
  { endpoints }: EndpointGroup,
  slices: readonly EndpointSlice[],
  relabelled: (slice: EndpointSlice) => EndpointSlice,
): Packed {
  const wanted = new Map(endpoints);
  const changes: SliceChange[] = [];
  const touched: Draft[] = [];
  const untouched: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept = takeKept(slice, wanted);
    const current = relabelled(slice);
    if (!kept.hasChanged && current === slice) untouched.push(slice);
    else if (kept.endpoints.length === 0) changes.push({ kind: "remove", slice });
    else touched.push({ slice: current, endpoints: kept.endpoints });
  }
  const rest = [...wanted.values()];
  touched.sort((left, right) => right.endpoints.length - left.endpoints.length);
  for (const draft of touched) {
    draft.endpoints.push(...rest.splice(0, endpointsPerSliceMax - draft.endpoints.length));
  }
  const fresh: Endpoint[][] = [];
  while (rest.length > 0) {
    const slice = takeRoomiest(untouched, rest.length);
    if (slice === undefined) fresh.push(rest.splice(0, endpointsPerSliceMax));
    else touched.push({ slice, endpoints: [...(slice.endpoints ?? []), ...rest.splice(0)] });
  }
  for (const { slice, endpoints: next } of touched) {
    changes.push({ kind: "update", slice: { ...slice, endpoints: next } });
  }
  return { changes, fresh };
}

/** What of a slice stays, as it is now; it is taken out of `wanted`. */
function takeKept(
  slice: EndpointSlice,
  wanted: Map<string, Endpoint>,
): { readonly endpoints: Endpoint[]; readonly hasChanged: boolean } {
  const before = slice.endpoints ?? [];
  const endpoints: Endpoint[] = [];
  let hasChanged = false;
  for (const endpoint of before) {
    const key = endpointKey(endpoint);
    const next = wanted.get(key);
    if (next === undefined) continue;
    wanted.delete(key);
    endpoints.push(next);
    if (!isSameEndpoint(next, endpoint)) hasChanged = true;
  }
  return { endpoints, hasChanged: hasChanged || endpoints.length !== before.length };
}

/** Takes out the slice that would be the fullest with `count` endpoints more, if one has room. */
function takeRoomiest(slices: EndpointSlice[], count: number): EndpointSlice | undefined {
  if (count >= endpointsPerSliceMax) return undefined;
  let best = -1;
  let bestRoom = endpointsPerSliceMax;
  for (const [index, { endpoints }] of slices.entries()) {
    const room = endpointsPerSliceMax - count - (endpoints ?? []).length;
    if (room < 0 || room >= bestRoom) continue;
    best = index;
    bestRoom = room;
  }
  return best < 0 ? undefined : slices.splice(best, 1)[0];
}

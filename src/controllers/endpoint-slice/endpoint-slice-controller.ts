import type { Client } from "../../client/index.ts";
import { jsonEqual } from "../../k8s/json.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { isPodReady, isPodTerminal } from "../../k8s/pods.ts";
import { endpointSlices as sliceResource } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { Pod, Service } from "../../k8s/types/core.ts";
import type { EndpointSlice } from "../../k8s/types/discovery.ts";
import { forEachBounded } from "../bounded.ts";
import { refOf } from "../claim.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { createMatchers } from "../matchers.ts";
import { isNamespaceTerminating } from "../pod-control.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { byNamespace, byService } from "../shared-informers.ts";
import { planSlices, type SlicePlan } from "./plan-slices.ts";
import { isManagedHere, serviceKeyOf } from "./slice-labels.ts";
import { createTriggerTimes } from "./trigger-times.ts";
import { createWrittenSlices, unseenMaxMs, type WrittenSlices } from "./written-slices.ts";

/** `--concurrent-service-endpoint-syncs` of kube-controller-manager. */
const workers = 5;
/** How many writes of one service are under way at a time. */
const writesMax = 10;
/** The longest that changes of pods are gathered, in milliseconds. */
const gatherMaxMs = 1_000;

/**
 * Keeps EndpointSlices of the pods that services select. Follows
 * `pkg/controller/endpointslice/endpointslice_controller.go`.
 */
export function startEndpointSliceController(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const services = informers.services();
  const pods = informers.pods();
  const nodes = informers.nodes();
  const slices = informers.endpointSlices();
  const recorder = context.recorder("endpoint-slice-controller");
  const triggerTimes = createTriggerTimes();
  const written = createWrittenSlices(env.clock);
  const matcherOf = createMatchers<Service>(({ spec }) =>
    spec?.selector === undefined ? undefined : { matchLabels: spec.selector },
  );
  /** How many pods a service had when it was last looked at: counting many is done less often. */
  const sizes = new Map<string, number>();

  const reconcile = async (key: string): Promise<number | undefined> => {
    const service = services.indexer.get(key);
    if (service === undefined) {
      triggerTimes.forget(key);
      written.forget(key);
      sizes.delete(key);
      return undefined;
    }
    if (!hasSlices(service)) return undefined;
    const ours = slices.indexer
      .byIndex(byService, key)
      .filter((slice) => isManagedHere(slice) && slice.metadata.deletionTimestamp === undefined);
    // What it lacks asks again when it is seen.
    if (written.isBehind(key, ours)) return unseenMaxMs;
    const matches = matcherOf(service);
    const selected = pods.indexer
      .byIndex(byNamespace, service.metadata.namespace ?? "")
      .filter(({ metadata }) => matches(metadata.labels));
    sizes.set(key, selected.length);
    const triggerTime = triggerTimes.next(key, service, selected);
    const nodeOf = (name: string) => nodes.indexer.get(name);
    const plan = planSlices({ service, pods: selected, slices: ours, triggerTime, nodeOf });
    try {
      await writePlan(client, key, plan, written);
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        const why = error instanceof Error ? error.message : String(error);
        const text = `Error updating Endpoint Slices for Service ${key}: ${why}`;
        recorder.event(service, "Warning", "FailedToUpdateEndpointSlices", text);
      }
      throw error;
    }
    const [missing] = plan.missingNodes;
    if (missing !== undefined) throw new Error(`service ${key}: node ${missing} is not known`);
    return undefined;
  };

  const after = [services, pods, nodes, slices].map(({ synced }) => synced);
  const loop = startReconcileLoop(
    { name: "endpointslice-controller", workers, after, signal, reconcile },
    env,
  );
  const podChanged = ({ metadata }: Pod): void => {
    for (const service of services.indexer.byIndex(byNamespace, metadata.namespace ?? "")) {
      if (!matcherOf(service)(metadata.labels)) continue;
      const key = objectKey(service.metadata);
      loop.addAfter(key, Math.min(gatherMaxMs, (sizes.get(key) ?? 0) / 20));
    }
  };
  services.subscribe({
    added: ({ metadata }) => loop.add(objectKey(metadata)),
    updated: ({ metadata }) => loop.add(objectKey(metadata)),
    deleted: ({ metadata }) => loop.add(objectKey(metadata)),
  });
  pods.subscribe({
    added: podChanged,
    updated(pod, previous) {
      if (pod === previous || !concernsEndpoints(pod, previous)) return;
      podChanged(pod);
      if (!jsonEqual(pod.metadata.labels, previous.metadata.labels)) podChanged(previous);
    },
    deleted: podChanged,
  });
  const ask = (slice: EndpointSlice, isNews: boolean): void => {
    if (isNews && isManagedHere(slice)) loop.add(serviceKeyOf(slice));
  };
  slices.subscribe({
    added: (slice) => ask(slice, written.seen(serviceKeyOf(slice), slice)),
    updated: (slice) => ask(slice, written.seen(serviceKeyOf(slice), slice)),
    deleted: (slice) => ask(slice, written.removalSeen(serviceKeyOf(slice), slice)),
  });
  return loop;
}

/** Creates, updates, removes, in this order: what is moved to another slice is never in none. */
async function writePlan(
  client: Client,
  key: string,
  { create, update, remove }: SlicePlan,
  written: WrittenSlices,
): Promise<void> {
  await forEachBounded(create, writesMax, async (slice) => {
    written.written(key, await client.create(sliceResource, slice));
  });
  await forEachBounded(update, writesMax, async (slice) => {
    written.written(key, await client.update(sliceResource, slice));
  });
  await forEachBounded(remove, writesMax, async (slice) => {
    // The watch may be faster than the answer.
    written.removed(key, slice);
    try {
      await client.delete(sliceResource, refOf(slice));
    } catch (error) {
      written.removalSeen(key, slice);
      if (!isApiError(error, "NotFound")) throw error;
    }
  });
}

/** Endpoints of a service that selects no pods are somebody else's matter. */
function hasSlices({ spec }: Service): boolean {
  return spec?.type !== "ExternalName" && spec?.selector !== undefined;
}

/** Whether endpoints may differ (`podEndpointsChanged` of `pkg/controller/util/endpoint`). */
function concernsEndpoints(pod: Pod, previous: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    pod.spec.nodeName !== previous.spec.nodeName ||
    isPodReady(pod) !== isPodReady(previous) ||
    isPodTerminal(pod) !== isPodTerminal(previous) ||
    !jsonEqual(pod.status?.podIPs, previous.status?.podIPs) ||
    !jsonEqual(pod.metadata.labels, previous.metadata.labels)
  );
}

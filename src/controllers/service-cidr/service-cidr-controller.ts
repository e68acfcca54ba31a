import { parseTime, toTime } from "../../base/rfc3339.ts";
import type { Client } from "../../client/index.ts";
import { serviceCidrs as rangeResource } from "../../k8s/resources.ts";
import type { ServiceCidr } from "../../k8s/types/networking.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";
import { parseAddressBlock } from "./address-block.ts";
import { conditionsOf, deletionGraceMs, finalizer, isNeeded } from "./decide-service-cidr.ts";

/** As kube-controller-manager has. */
const workers = 5;

/**
 * Says of ServiceCIDRs that they are ready, so that services get addresses of them, and keeps those
 * that are deleted for as long as services have addresses of them. Follows
 * `pkg/controller/servicecidrs/servicecidrs_controller.go`.
 */
export function startServiceCidrController(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const ranges = informers.serviceCidrs();
  const addresses = informers.ipAddresses();

  const remove = async (range: ServiceCidr): Promise<number | undefined> => {
    const { name, finalizers = [], deletionTimestamp = "" } = range.metadata;
    if (!finalizers.includes(finalizer)) return undefined;
    const others = [...ranges.indexer.values()].filter(({ metadata }) => metadata.name !== name);
    if (isNeeded(range, others, names(addresses.indexer.values()))) {
      await writeConditions(client, range, "needed while it is deleted", env.clock.nowMs());
      return undefined;
    }
    const sinceMs = env.clock.nowMs() - (parseTime(deletionTimestamp) ?? 0);
    if (sinceMs < deletionGraceMs) return deletionGraceMs - sinceMs;
    const left = finalizers.filter((each) => each !== finalizer);
    await client.update(rangeResource, {
      ...range,
      metadata: { ...range.metadata, finalizers: left },
    });
    return undefined;
  };
  const loop = startReconcileLoop(
    {
      name: "service-cidr-controller",
      workers,
      after: [ranges.synced, addresses.synced],
      signal,
      async reconcile(name) {
        const range = ranges.indexer.get(name);
        if (range === undefined) return undefined;
        if (range.metadata.deletionTimestamp !== undefined) return remove(range);
        const { finalizers = [] } = range.metadata;
        const kept = finalizers.includes(finalizer)
          ? range
          : await client.update(rangeResource, {
              ...range,
              metadata: { ...range.metadata, finalizers: [...finalizers, finalizer] },
            });
        await writeConditions(client, kept, "ready", env.clock.nowMs());
        return undefined;
      },
    },
    env,
  );
  ranges.subscribe({
    added: ({ metadata }) => loop.add(metadata.name),
    updated: ({ metadata }) => loop.add(metadata.name),
    // Another may have been kept for want of this one, or the other way round.
    deleted: () => {
      for (const { metadata } of ranges.indexer.values()) loop.add(metadata.name);
    },
  });
  addresses.subscribe({
    deleted({ metadata }) {
      for (const range of ranges.indexer.values()) {
        const blocks = (range.spec?.cidrs ?? []).map(parseAddressBlock);
        if (blocks.some((block) => block.holds(metadata.name))) loop.add(range.metadata.name);
      }
    },
  });
  return loop;
}

async function writeConditions(
  client: Client,
  range: ServiceCidr,
  state: Parameters<typeof conditionsOf>[1],
  nowMs: number,
): Promise<void> {
  const conditions = conditionsOf(range, state, toTime(nowMs));
  if (conditions === range.status?.conditions) return;
  const status = { ...range.status, conditions };
  await client.update(rangeResource, { ...range, status }, { subresource: "status" });
}

function* names(objects: Iterable<{ readonly metadata: { readonly name: string } }>) {
  for (const { metadata } of objects) yield metadata.name;
}

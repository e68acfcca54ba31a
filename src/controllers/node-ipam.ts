import { nodes as nodeResource } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Node } from "../k8s/types/core.ts";
import { createCidrAllocator } from "./cidr-allocator.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";

/** As the range allocator of kube-controller-manager has. */
const workers = 30;

/**
 * Gives every node a podCIDR of its own out of the cluster's network. Follows the range allocator of
 * `pkg/controller/nodeipam/ipam/range_allocator.go`.
 */
export function startNodeIpamController(context: ControllerContext): RunningController {
  const { client, informers, options, signal, env } = context;
  const nodes = informers.nodes();
  const recorder = context.recorder("cidrAllocator");
  const allocator = createCidrAllocator(options.clusterCidr);
  const loop = startReconcileLoop(
    {
      name: "node-ipam-controller",
      workers,
      after: [nodes.synced],
      signal,
      async reconcile(name) {
        const node = nodes.indexer.get(name);
        if (node === undefined || needsNone(node)) return undefined;
        const podCIDR = allocator.allocate();
        if (podCIDR === undefined) {
          const message = `Node ${name} status is now: CIDRNotAvailable`;
          recorder.event(node, "Normal", "CIDRNotAvailable", message);
          throw new Error(`no /24 network of ${options.clusterCidr} is left for node ${name}`);
        }
        try {
          // Without the version: the server refuses to change a podCIDR that is set already.
          const patch = {
            metadata: { uid: node.metadata.uid },
            spec: { podCIDR, podCIDRs: [podCIDR] },
          };
          await client.patch(nodeResource, { name }, "application/merge-patch+json", patch);
        } catch (error) {
          allocator.release(podCIDR);
          const isSettled = isApiError(error, "NotFound") || isApiError(error, "Invalid");
          if (!isSettled) throw error;
        }
        return undefined;
      },
    },
    env,
  );
  const noticed = (node: Node): void => {
    if (!needsNone(node)) loop.add(node.metadata.name);
    else if (node.spec?.podCIDR !== undefined) allocator.occupy(node.spec.podCIDR);
  };
  nodes.subscribe({
    added: noticed,
    updated(node, previous) {
      if (node.spec?.podCIDR !== previous.spec?.podCIDR || !needsNone(node)) noticed(node);
    },
    deleted({ spec }) {
      if (spec?.podCIDR !== undefined) allocator.release(spec.podCIDR);
    },
  });
  return loop;
}

function needsNone({ spec, metadata }: Node): boolean {
  return spec?.podCIDR !== undefined || metadata.deletionTimestamp !== undefined;
}

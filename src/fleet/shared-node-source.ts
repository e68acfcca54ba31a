import type { Env } from "../base/env.ts";
import { type Client, createInformer, type Indexer } from "../client/index.ts";
import { findCondition } from "../k8s/conditions.ts";
import { nodes } from "../k8s/resources.ts";
import type { Node } from "../k8s/types/core.ts";
import { fleetLabel } from "../kubelet/index.ts";
import { sharedWatchRetryMaxMs } from "./watch-retry.ts";

/** What a fleet is told of its Nodes. */
export interface NodeHandler {
  /** The Node is there, or has changed. */
  changed(node: Node): void;
  deleted(node: Node): void;
}

export interface SharedNodeSource extends AsyncDisposable {
  readonly indexer: Indexer<Node>;
  /** Resolves when the Nodes that exist are known. */
  readonly synced: Promise<void>;
}

/** One watch over the Nodes of a fleet. It keeps no more of them than a kubelet asks for. */
export function createSharedNodeSource(
  source: { readonly client: Client; readonly fleet: string; readonly handler: NodeHandler },
  env: Env,
): SharedNodeSource {
  const { client, fleet, handler } = source;
  const labelSelector = `${fleetLabel}=${fleet}`;
  const labels = { [fleetLabel]: fleet };
  const transform = (node: Node): Node => trimNode(node, labels);
  const options = { labelSelector, transform, retryMaxMs: sharedWatchRetryMaxMs };
  const informer = createInformer(client, nodes, options, env);
  informer.subscribe({
    added: (node) => handler.changed(node),
    updated(node, previous) {
      // Deleted and made again while nobody watched.
      if (node.metadata.uid !== previous.metadata.uid) handler.deleted(previous);
      handler.changed(node);
    },
    deleted: (node) => handler.deleted(node),
  });
  return {
    indexer: informer.indexer,
    synced: informer.synced,
    [Symbol.asyncDispose]: () => informer[Symbol.asyncDispose](),
  };
}

/** The metadata without annotations, the fleet's label, the pod ranges, and the Ready condition. */
function trimNode(node: Node, labels: Readonly<Record<string, string>>): Node {
  const { name, uid, resourceVersion, creationTimestamp } = node.metadata;
  const { podCIDR, podCIDRs } = node.spec ?? {};
  const ready = findCondition(node.status?.conditions, "Ready");
  return {
    apiVersion: node.apiVersion,
    kind: node.kind,
    metadata: { name, uid, resourceVersion, creationTimestamp, labels },
    spec: {
      ...(podCIDR === undefined ? {} : { podCIDR }),
      ...(podCIDRs === undefined ? {} : { podCIDRs }),
    },
    status: ready === undefined ? {} : { conditions: [{ type: "Ready", status: ready.status }] },
  };
}

import type { Client } from "../../client/index.ts";
import { objectKey } from "../../k8s/object-key.ts";
import { controllerOf } from "../../k8s/owner-refs.ts";
import { statefulSets } from "../../k8s/resources.ts";
import type { Pod } from "../../k8s/types/core.ts";
import type { KubeObject, OwnerReference } from "../../k8s/types/meta.ts";
import type { SharedInformers } from "../shared-informers.ts";

interface Scaled extends KubeObject {
  readonly spec: { readonly replicas?: number };
}

/**
 * The sum of the replicas that the controllers of the pods want, each controller once; pods without
 * a controller do not count.
 *
 * @throws Error for a controller of a kind whose size is not known.
 */
export async function scaleOf(
  pods: readonly Pod[],
  informers: SharedInformers,
  client: Client,
): Promise<number> {
  const scales = new Map<string, number>();
  for (const { metadata } of pods) {
    const owner = controllerOf(metadata);
    if (owner === undefined || scales.has(owner.uid)) continue;
    const scaled = await findScaled(owner, metadata.namespace ?? "", informers, client);
    if (scaled === undefined) throw new Error(`found no controllers for pod "${metadata.name}"`);
    scales.set(owner.uid, 0);
    scales.set(scaled.metadata.uid, scaled.spec.replicas ?? 1);
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}

/** What decides about the size: for the ReplicaSet of a Deployment, the Deployment. */
async function findScaled(
  owner: OwnerReference,
  namespace: string,
  informers: SharedInformers,
  client: Client,
): Promise<Scaled | undefined> {
  const key = objectKey({ namespace, name: owner.name });
  switch (owner.kind) {
    case "ReplicaSet": {
      const replicaSet = informers.replicaSets().indexer.get(key);
      const parent = replicaSet === undefined ? undefined : controllerOf(replicaSet.metadata);
      if (parent?.kind !== "Deployment") return replicaSet;
      return informers.deployments().indexer.get(objectKey({ namespace, name: parent.name }));
    }
    case "ReplicationController":
      return informers.replicationControllers().indexer.get(key);
    case "StatefulSet":
      return client.get(statefulSets, { namespace, name: owner.name });
    default:
      return undefined;
  }
}

import type { Informer } from "../../client/index.ts";
import { type Resource, replicaSets, replicationControllers } from "../../k8s/resources.ts";
import type { ReplicaSet } from "../../k8s/types/apps.ts";
import type { PodTemplateSpec, ReplicationController } from "../../k8s/types/core.ts";
import type { Condition, KubeObject, LabelSelector } from "../../k8s/types/meta.ts";
import type { SharedInformers } from "../shared-informers.ts";

export interface ReplicaStatus {
  readonly replicas: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

/** What a ReplicaSet and a ReplicationController have in common. */
export interface Replicated extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly template?: PodTemplateSpec;
  };
  readonly status?: ReplicaStatus;
}

/** What makes the one controller serve a kind: the selector is all in which the two differ. */
export interface ReplicaKind<T extends Replicated> {
  readonly resource: Resource<T>;
  /** The source of its events. */
  readonly component: string;
  informer(informers: SharedInformers): Informer<T>;
  selector(object: T): LabelSelector | undefined;
}

export const replicaSetKind: ReplicaKind<ReplicaSet> = {
  resource: replicaSets,
  component: "replicaset-controller",
  informer: (informers) => informers.replicaSets(),
  selector: ({ spec }) => spec.selector,
};

export const replicationControllerKind: ReplicaKind<ReplicationController> = {
  resource: replicationControllers,
  component: "replication-controller",
  informer: (informers) => informers.replicationControllers(),
  selector: ({ spec }) =>
    spec.selector === undefined ? undefined : { matchLabels: spec.selector },
};

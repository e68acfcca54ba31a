import { resourceAmounts } from "../k8s/pod-resources.ts";
import { canonicalQuantity } from "../k8s/quantity.ts";
import type { Taint } from "../k8s/types/core.ts";
import type { ResourceList } from "../k8s/types/meta.ts";
import type { Amounts } from "./pod-admission.ts";
import type { KubeletHabits } from "./profiles/habits.ts";
import { kubeletHabits } from "./profiles/kubelet-habits.ts";

/** Carried by every hollow node, as by those of Kubemark, so that they can be found and deleted. */
export const hollowNodeLabel = "hollow-node";
/** Names the fleet that a Node, its Lease and its CSINode belong to. What lacks it is never touched. */
export const fleetLabel = "hollowmark/fleet";
export const leaseNamespace = "kube-node-lease";

export interface NodeTemplateOptions {
  /** The value of the label `hollowmark/fleet`. */
  readonly fleet: string;
  /** Beside those that every kubelet sets. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Also what is allocatable: a hollow node reserves nothing. */
  readonly capacity: ResourceList;
  /** With a leading `v`: `v1.34.4`. */
  readonly kubeletVersion: string;
  /** What its kubelets do. Default: as in profile `light`, for that version. */
  readonly habits?: KubeletHabits;
}

/** What many nodes have in common. One object is shared by all of them. */
export interface NodeTemplate extends NodeTemplateOptions {
  /** The capacity as pods are measured against it. */
  readonly allocatable: Amounts;
  readonly habits: KubeletHabits;
}

/** One node. */
export interface NodeIdentity {
  readonly name: string;
  /** Its InternalIP, also the address of pods in its network. */
  readonly ip: string;
  readonly template: NodeTemplate;
}

/** @throws QuantityError for a capacity that is none, OptionError for a version that is none. */
export function createNodeTemplate(options: NodeTemplateOptions): NodeTemplate {
  const { kubeletVersion } = options;
  const { habits = kubeletHabits({ profile: "light", kubeletVersion }).habits } = options;
  return {
    ...options,
    // As API servers give amounts back, so that a Node that comes back compares equal.
    capacity: Object.fromEntries(
      Object.entries(options.capacity).map(([name, text]) => [
        name,
        canonicalQuantity(text) ?? text,
      ]),
    ),
    allocatable: resourceAmounts(options.capacity),
    habits,
  };
}

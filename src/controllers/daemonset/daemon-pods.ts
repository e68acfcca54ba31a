import type { DaemonSet } from "../../k8s/types/apps.ts";
import type { Affinity, Pod, PodSpec } from "../../k8s/types/core.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import { podFromTemplate } from "../pod-control.ts";
import { tolerationsOf } from "./eligibility.ts";
import { controllerRevisionHash } from "./history.ts";

const nodeNameField = "metadata.name";

/** The pod that a DaemonSet wants on that node; the scheduler binds it there. */
export function daemonPod(daemonSet: DaemonSet, nodeName: string, hash: string): ToCreate<Pod> {
  const { template } = daemonSet.spec;
  const generation = daemonSet.metadata.annotations?.["deprecated.daemonset.template.generation"];
  const labels = {
    [controllerRevisionHash]: hash,
    ...(generation === undefined ? {} : { "pod-template-generation": generation }),
  };
  const spec: PodSpec = {
    ...template.spec,
    affinity: boundTo(nodeName, template.spec.affinity),
    tolerations: tolerationsOf(template.spec),
  };
  return podFromTemplate(daemonSet, template, labels, spec);
}

/** `ReplaceDaemonSetPodNodeNameNodeAffinity`: the other terms have been looked at already. */
function boundTo(nodeName: string, affinity: Affinity | undefined): Affinity {
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchFields: [{ key: nodeNameField, operator: "In", values: [nodeName] }] },
        ],
      },
    },
  };
}

/** The node that a daemon pod is on, or is meant for; undefined when it does not say. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName !== undefined && spec.nodeName !== "") return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const field = matchFields.find(({ key }) => key === nodeNameField);
    if (field?.operator === "In" && field.values?.length === 1) return field.values[0];
  }
  return undefined;
}

/** Pods by the node that they are on or meant for, the oldest first. */
export function podsByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node === undefined) continue;
    const others = byNode.get(node);
    if (others === undefined) byNode.set(node, [pod]);
    else others.push(pod);
  }
  for (const list of byNode.values()) if (list.length > 1) list.sort(compareAge);
  return byNode;
}

/** Pods that are bound come first, then the older ones (`podByCreationTimestampAndPhase`). */
function compareAge(left: Pod, right: Pod): number {
  const isPending = (pod: Pod): number => (pod.spec.nodeName === undefined ? 1 : 0);
  const { creationTimestamp: leftTime, name: leftName } = left.metadata;
  const { creationTimestamp: rightTime, name: rightName } = right.metadata;
  if (isPending(left) !== isPending(right)) return isPending(left) - isPending(right);
  if (leftTime !== rightTime) return leftTime < rightTime ? -1 : 1;
  return leftName < rightName ? -1 : 1;
}

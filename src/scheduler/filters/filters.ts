import type { Filter } from "./filter.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";
import { nodeAffinity, nodePorts, nodeUnschedulable, taintToleration } from "./node-rules.ts";
import { nodeResourcesFit } from "./resources-fit.ts";
import { podTopologySpread } from "./topology-spread.ts";

/** In the order of kube-scheduler: the first that turns a node down gives the reason. */
export const filters: readonly Filter[] = [
  nodeUnschedulable,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
];

import { matchesPodNodeAffinity } from "../../k8s/node-selector.ts";
import { firstUntolerated, tolerates } from "../../k8s/taints.ts";
import type { Taint } from "../../k8s/types/core.ts";
import { type Filter, rejection } from "./filter.ts";

const unschedulableTaint: Taint = {
  key: "node.kubernetes.io/unschedulable",
  effect: "NoSchedule",
};

/** Cordoned nodes. Whoever tolerates the taint that cordoning brings may go there. */
export const nodeUnschedulable: Filter = {
  name: "NodeUnschedulable",
  prepare({ pod }, { nodes }) {
    if (!nodes.hasUnschedulable) return undefined;
    if (pod.spec.tolerations?.some((each) => tolerates(each, unschedulableTaint))) return undefined;
    const cordoned = rejection("node(s) were unschedulable", false);
    return (row) => (nodes.nodeAt(row).spec?.unschedulable ? cordoned : undefined);
  },
};

/** Taints that keep pods out. The message is that of 1.34; earlier ones name the taint. */
export const taintToleration: Filter = {
  name: "TaintToleration",
  prepare({ pod }, { nodes }) {
    if (!nodes.hasTaints) return undefined;
    const { tolerations } = pod.spec;
    return (row) => {
      const taints = nodes.nodeAt(row).spec?.taints;
      if (taints === undefined || taints.length === 0) return undefined;
      const taint = firstUntolerated(taints, tolerations, ["NoSchedule", "NoExecute"]);
      if (taint === undefined) return undefined;
      return rejection("node(s) had untolerated taint(s)", false);
    };
  },
};

/** `nodeSelector` and required node affinity. */
export const nodeAffinity: Filter = {
  name: "NodeAffinity",
  prepare({ pod: { spec } }, { nodes }) {
    const isAsked =
      spec.nodeSelector !== undefined ||
      spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
    if (!isAsked) return undefined;
    const mismatch = rejection("node(s) didn't match Pod's node affinity/selector", false);
    return (row) => (matchesPodNodeAffinity(spec, nodes.nodeAt(row)) ? undefined : mismatch);
  },
};

/** Ports of the host that pods there hold already. */
export const nodePorts: Filter = {
  name: "NodePorts",
  prepare({ hostPorts }, { nodes }) {
    if (hostPorts.length === 0) return undefined;
    const taken = rejection("node(s) didn't have free ports for the requested pod ports", true);
    return (row) => {
      const held = nodes.hostPortsAt(row);
      const clashes = hostPorts.some((wanted) =>
        held.some(
          ({ ip, protocol, port }) =>
            port === wanted.port &&
            protocol === wanted.protocol &&
            (ip === wanted.ip || ip === "0.0.0.0" || wanted.ip === "0.0.0.0"),
        ),
      );
      return clashes ? taken : undefined;
    };
  },
};

import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  mapEach,
  mapStruct,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
  withMember,
} from "../../k8s/json-fields.ts";
import { qosClass } from "../../k8s/pod-resources.ts";
import type { StatusCause } from "../../k8s/status.ts";
import type { Pod } from "../../k8s/types/core.ts";
import { forbiddenField, immutable } from "./causes.ts";
import { admitPod, withEvictionTolerations } from "./pod-admission.ts";
import { defaultPodSpec } from "./pod-spec-defaults.ts";
import { validatePodSpecUpdate } from "./pod-update-validation.ts";
import { validatePodSpec } from "./pod-validation.ts";
import type { Strategy } from "./strategy.ts";

/** Pods (`pkg/registry/core/pod/strategy.go`). */
export const podStrategy: Strategy = {
  countsGenerations: true,
  defaults: (pod) => mapStruct(pod, "spec", defaultSpec),
  prepareForCreate(pod, context) {
    const admitted = admitPod(pod, context);
    return { ...admitted, status: initialStatus(admitted, context.now) };
  },
  prepareForUpdate: (next, previous) =>
    mapStruct(next, "spec", (spec) => withEvictionTolerations(kept(spec, previous))),
  prepareForStatusUpdate: withStatusOf,
  validate: validatePod,
  validateUpdate: (next, previous) =>
    validatePodSpecUpdate(objectAt(next, "spec"), objectAt(previous, "spec")),
  validateStatusUpdate(next, previous) {
    const qos = stringAt(objectAt(next, "status"), "qosClass");
    return qos === stringAt(objectAt(previous, "status"), "qosClass")
      ? []
      : [immutable("status.qosClass", qos)];
  },
  selectableFields(pod) {
    const spec = objectAt(pod, "spec");
    const status = objectAt(pod, "status");
    return {
      "spec.nodeName": stringAt(spec, "nodeName"),
      "spec.host": stringAt(spec, "nodeName"),
      "spec.restartPolicy": stringAt(spec, "restartPolicy"),
      "spec.schedulerName": stringAt(spec, "schedulerName"),
      "spec.serviceAccountName": stringAt(spec, "serviceAccountName"),
      "spec.hostNetwork": String(spec["hostNetwork"] === true),
      "status.phase": stringAt(status, "phase"),
      "status.podIP": stringAt(status, "podIP"),
      "status.nominatedNodeName": stringAt(status, "nominatedNodeName"),
    };
  },
  gracePeriodSeconds(pod, asked) {
    const spec = objectAt(pod, "spec");
    const phase = stringAt(objectAt(pod, "status"), "phase");
    // Nobody would ever end a pod that has no kubelet, and an ended one needs no more time.
    if (stringAt(spec, "nodeName") === "" || phase === "Succeeded" || phase === "Failed") return 0;
    const seconds = asked ?? numberAt(spec, "terminationGracePeriodSeconds") ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
};

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = mapEach(
    mapEach(defaultPodSpec(spec), "containers", requestLimits),
    "initContainers",
    requestLimits,
  );
  const linked =
    filled["enableServiceLinks"] === undefined ? { ...filled, enableServiceLinks: true } : filled;
  if (linked["hostNetwork"] !== true) return linked;
  return mapEach(mapEach(linked, "containers", exposePorts), "initContainers", exposePorts);
}

/** Of what is limited, as much is requested, unless the pod says how much. */
function requestLimits(container: JsonObject): JsonObject {
  const limits = stringMapAt(objectAt(container, "resources"), "limits");
  const requests = stringMapAt(objectAt(container, "resources"), "requests");
  if (Object.keys(limits).every((name) => name in requests)) return container;
  return mapStruct(container, "resources", (resources) => ({
    ...resources,
    requests: { ...limits, ...requests },
  }));
}

/** On the network of its host, a port of the container is a port of the host. */
function exposePorts(container: JsonObject): JsonObject {
  return mapEach(container, "ports", (port) =>
    (numberAt(port, "hostPort") ?? 0) === 0
      ? withMember(port, "hostPort", numberAt(port, "containerPort") ?? 0)
      : port,
  );
}

function initialStatus(pod: JsonObject, now: string): JsonObject {
  const spec = objectAt(pod, "spec");
  // Of a pod without containers too, though validation is about to refuse it.
  const containers = {
    containers: objectsAt(spec, "containers"),
    initContainers: objectsAt(spec, "initContainers"),
  };
  const qos = qosClass(containers as unknown as Pod["spec"]);
  const status = { phase: "Pending", qosClass: qos };
  if (objectsAt(spec, "schedulingGates").length === 0) return status;
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "SchedulingGated",
    message: "Scheduling is blocked due to non-empty scheduling gates",
    lastProbeTime: null,
    lastTransitionTime: now,
  };
  return { ...status, conditions: [condition] };
}

/** What admission decided at creation outlives an update that does not name it. */
function kept(spec: JsonObject, previous: JsonObject): JsonObject {
  const before = objectAt(previous, "spec");
  let result = spec;
  for (const field of ["priority", "preemptionPolicy"]) {
    const value = before[field];
    if (spec[field] === undefined && value !== undefined) result = withMember(result, field, value);
  }
  return result;
}

function withStatusOf(next: JsonObject, previous: JsonObject): JsonObject {
  const metadata = objectAt(next, "metadata");
  const before = objectAt(previous, "metadata");
  const status = objectAt(next, "status");
  const owners = before["ownerReferences"];
  const qos = objectAt(previous, "status")["qosClass"] ?? "BestEffort";
  return {
    ...next,
    metadata: jsonEqual(metadata["ownerReferences"], owners)
      ? metadata
      : { ...metadata, ownerReferences: owners },
    spec: previous["spec"],
    status: status["qosClass"] === undefined ? { ...status, qosClass: qos } : status,
  };
}

function validatePod(pod: JsonObject): readonly StatusCause[] {
  const spec = objectAt(pod, "spec");
  const causes = [...validatePodSpec(spec, "spec")];
  if (stringAt(spec, "nodeName") !== "" && objectsAt(spec, "schedulingGates").length > 0) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    causes.push(forbiddenField("spec.nodeName", detail));
  }
  return causes;
}

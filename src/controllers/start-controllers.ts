import { setMaxListeners } from "node:events";
import type { Env } from "../base/env.ts";
import { createEventRecorder, type EventRecorder } from "../client/index.ts";
import { abortableClient } from "./abortable-client.ts";
import { startCsrApprovingController } from "./certificates/csr-approving.ts";
import { startCsrCleaner } from "./certificates/csr-cleaner.ts";
import { startCsrSigningController } from "./certificates/csr-signing.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import {
  type ControllerName,
  type ControllersOptions,
  controllerNames,
  resolveControllerOptions,
} from "./controller-options.ts";
import { startDaemonSetController } from "./daemonset/daemonset-controller.ts";
import { startDeploymentController } from "./deployment/deployment-controller.ts";
import { startDisruptionController } from "./disruption/disruption-controller.ts";
import { startEndpointSliceController } from "./endpoint-slice/endpoint-slice-controller.ts";
import { startGarbageCollector } from "./garbage-collector/garbage-collector.ts";
import { startNamespaceController } from "./namespace/namespace-controller.ts";
import { startNodeIpamController } from "./node-ipam.ts";
import { startNodeLifecycleController } from "./node-lifecycle/node-lifecycle-controller.ts";
import { startTaintEvictionController } from "./node-lifecycle/taint-eviction-controller.ts";
import { startPodGarbageCollector } from "./pod-gc.ts";
import { startReplicaController } from "./replication/replica-controller.ts";
import { replicaSetKind, replicationControllerKind } from "./replication/replica-kind.ts";
import { startRootCaPublisher } from "./root-ca-publisher.ts";
import { startServiceAccountController } from "./service-account.ts";
import { startServiceCidrController } from "./service-cidr/service-cidr-controller.ts";
import { createSharedInformers } from "./shared-informers.ts";

/** The controllers that run. Disposing stops them and resolves when their work has ended. */
export interface Controllers extends AsyncDisposable {
  readonly names: readonly ControllerName[];
}

type StartController = (context: ControllerContext) => RunningController;

const starters: Readonly<Record<ControllerName, StartController>> = {
  "deployment-controller": startDeploymentController,
  "replicaset-controller": (context) => startReplicaController(replicaSetKind, context),
  "replicationcontroller-controller": (context) =>
    startReplicaController(replicationControllerKind, context),
  "daemonset-controller": startDaemonSetController,
  "node-lifecycle-controller": startNodeLifecycleController,
  "taint-eviction-controller": startTaintEvictionController,
  "node-ipam-controller": startNodeIpamController,
  "namespace-controller": startNamespaceController,
  "garbage-collector-controller": startGarbageCollector,
  "pod-garbage-collector-controller": startPodGarbageCollector,
  "serviceaccount-controller": startServiceAccountController,
  "root-ca-certificate-publisher-controller": startRootCaPublisher,
  "disruption-controller": startDisruptionController,
  "endpointslice-controller": startEndpointSliceController,
  "service-cidr-controller": startServiceCidrController,
  "certificatesigningrequest-approving-controller": startCsrApprovingController,
  "certificatesigningrequest-signing-controller": startCsrSigningController,
  "certificatesigningrequest-cleaner-controller": startCsrCleaner,
};

/**
 * Starts the controllers of a control plane, against any API server. They begin to work as soon as
 * what they need to know has arrived, and go on, through every outage, until they are disposed.
 *
 * @throws OptionError for options that make no sense.
 */
export function startControllers(options: ControllersOptions, env: Env): Controllers {
  const resolved = resolveControllerOptions(options);
  const stopping = new AbortController();
  // Every loop and every request under way listens: many are no leak.
  setMaxListeners(0, stopping.signal);
  const client = abortableClient(options.client, stopping.signal);
  const recorders = new Map<string, EventRecorder>();
  const informers = createSharedInformers(options.client, env);
  const context: ControllerContext = {
    client,
    informers,
    options: resolved,
    signal: stopping.signal,
    env,
    recorder(component) {
      const recorder = recorders.get(component) ?? createEventRecorder({ client, component }, env);
      recorders.set(component, recorder);
      return recorder;
    },
  };
  const names = controllerNames.filter((name) => resolved.only.has(name));
  const running = names.map((name) => starters[name](context));
  return {
    names,
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error("the controllers are stopped"));
      await Promise.all([...recorders.values()].map((each) => each[Symbol.asyncDispose]()));
      await informers[Symbol.asyncDispose]();
      await Promise.all(running.map(({ stopped }) => stopped));
    },
  };
}

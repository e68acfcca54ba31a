import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { binaryPath } from "./binaries.ts";
import {
  type ComponentName,
  componentArguments,
  fileNames,
  type Layout,
  tokens,
} from "./component-arguments.ts";
import { httpStatus } from "./probe.ts";
import { type ManagedProcess, type ProcessGroup, waitUntil } from "./processes.ts";

/** A process of a control plane ended or did not get ready. The message has the log that says why. */
export class ComponentError extends Error {
  override readonly name = "ComponentError";
}

/** The processes of one control plane. */
export interface Components {
  /** Starts them all, in the order in which they need each other; resolves when all are ready. */
  startAll(): Promise<void>;
  /** Starts kube-apiserver (again); resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** The latest process of that name. @throws ComponentError if it was never started. */
  get(name: ComponentName): ManagedProcess;
  /** Those that run now. */
  running(): readonly ManagedProcess[];
}

const readyDeadlineMs = 120_000;

/** Makes the control plane that a layout describes; starts nothing yet. */
export function createComponents(
  group: ProcessGroup,
  layout: Layout,
  binaries: ReadonlyMap<string, string>,
): Components {
  const started = new Map<ComponentName, ManagedProcess>();
  const start = (name: ComponentName): void => {
    const path = binaryPath(binaries, name);
    started.set(name, group.start(name, path, componentArguments(name, layout)));
  };
  const get = (name: ComponentName): ManagedProcess => {
    const managed = started.get(name);
    if (managed === undefined) throw new ComponentError(`${name} was never started`);
    return managed;
  };
  const startApiServer = async (): Promise<void> => {
    start("kube-apiserver");
    await becomeReady(get("kube-apiserver"), [get("etcd")], () => isServed(layout, "/readyz"));
  };
  const startControllerManager = async (): Promise<void> => {
    start("kube-controller-manager");
    await becomeReady(get("kube-controller-manager"), [get("kube-apiserver")], async () => {
      // Until the account is there, the API server refuses every pod of the namespace.
      const account = "/api/v1/namespaces/default/serviceaccounts/default";
      return (await isHealthy(layout.ports.controllerManager)) && isServed(layout, account);
    });
  };
  const startScheduler = async (): Promise<void> => {
    start("kube-scheduler");
    await becomeReady(get("kube-scheduler"), [get("kube-apiserver")], () =>
      isHealthy(layout.ports.scheduler),
    );
  };
  return {
    async startAll() {
      start("etcd");
      await startApiServer(); // It waits for etcd by itself.
      await Promise.all([
        layout.hasControllerManager ? startControllerManager() : undefined,
        layout.hasScheduler ? startScheduler() : undefined,
      ]);
    },
    startApiServer,
    get,
    running: () => [...started.values()].filter((managed) => managed.isRunning()),
  };
}

/** Waits for a process while it and those that it needs run. */
async function becomeReady(
  subject: ManagedProcess,
  needs: readonly ManagedProcess[],
  check: () => Promise<boolean>,
): Promise<void> {
  const findEnded = (): ManagedProcess | undefined =>
    [...needs, subject].find((managed) => !managed.isRunning());
  const isDone = async (): Promise<boolean> => findEnded() !== undefined || (await check());
  const isInTime = await waitUntil(isDone, { deadlineMs: readyDeadlineMs });
  const ended = findEnded();
  if (ended !== undefined) {
    throw new ComponentError(`${ended.name} ended before it was ready:\n${await explain(ended)}`);
  }
  if (!isInTime) {
    const seconds = readyDeadlineMs / 1_000;
    throw new ComponentError(
      `${subject.name} was not ready after ${seconds} s:\n${await explain(subject)}`,
    );
  }
}

/** The errors at the end of a log, or its last lines if it has none. */
async function explain(managed: ManagedProcess): Promise<string> {
  const tail = (await managed.logTail(200)).split("\n");
  const errors = tail.filter((line) =>
    /^([EF]\d{4} |Error|panic|\{"level":"(error|fatal))/.test(line),
  );
  return (errors.length > 0 ? errors : tail).slice(-10).join("\n");
}

async function isServed(layout: Layout, path: string): Promise<boolean> {
  try {
    const ca = await readFile(join(layout.folder, fileNames.serverCertificate));
    return (await httpStatus(`${layout.url}${path}`, { token: tokens.admin, ca })) === 200;
  } catch {
    return false; // kube-apiserver has not written its certificate yet.
  }
}

async function isHealthy(port: number): Promise<boolean> {
  return (await httpStatus(`https://127.0.0.1:${port}/healthz`)) === 200;
}

import { type Backoff, createBackoff } from "../base/backoff.ts";
import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { RandomStream } from "../base/random.ts";
import type { ComponentAccess } from "../client/index.ts";
import type { NodeFailure, RunningKubelet, RunningKubeletOptions } from "../kubelet/index.ts";
import { startKubelet } from "../kubelet/index.ts";
import { type RunningProxy, type RunningProxyOptions, startProxy } from "../proxy/index.ts";
import type { Component, NodeAccess } from "./fleet-options.ts";
import type { NodeLogs } from "./node-logs.ts";

export interface NodeProcessOptions {
  readonly access: NodeAccess;
  readonly kubelet: Omit<RunningKubeletOptions, "access">;
  /** Absent for a node without a proxy. */
  readonly proxy: Omit<RunningProxyOptions, "access"> | undefined;
  readonly logs: NodeLogs | undefined;
  /** For all nodes of the fleet. */
  readonly random: RandomStream;
}

/** A component that runs, and what it comes to the API server by. */
interface Running<T> {
  readonly access: ComponentAccess;
  readonly component: T;
}

/** One node: a kubelet and a proxy, each with an access of its own, as two processes have. */
export class NodeProcess {
  readonly #options: NodeProcessOptions;
  readonly #env: Env;
  #kubelet: Running<RunningKubelet> | undefined;
  #proxy: Running<RunningProxy> | undefined;
  /** Why an access could not be opened. */
  #failure: NodeFailure | undefined;
  #backoff: Backoff | undefined;
  #retry: Timer | undefined;
  #stop: AbortController | undefined;

  constructor(options: NodeProcessOptions, env: Env) {
    this.#options = options;
    this.#env = env;
  }

  get nodeName(): string {
    return this.#options.kubelet.node.name;
  }

  get failure(): NodeFailure | undefined {
    return this.#failure ?? this.#kubelet?.component.failure;
  }

  get isRegistered(): boolean {
    return this.#kubelet?.component.state === "registered";
  }

  get isReady(): boolean {
    return this.isRegistered && this.#kubelet?.component.ready === true;
  }

  /** Whether it has come so far that another may start. */
  get isUnderWay(): boolean {
    return this.isRegistered || this.failure !== undefined;
  }

  start(): void {
    const stop = new AbortController();
    this.#stop = stop;
    void this.#start(stop.signal);
  }

  /** As if both processes were killed: nothing is deleted. */
  async stop(): Promise<void> {
    this.#stop?.abort(new Error("the node was stopped"));
    this.#retry?.cancel();
    const running = [this.#proxy, this.#kubelet].filter((each) => each !== undefined);
    this.#kubelet = undefined;
    this.#proxy = undefined;
    await Promise.all(running.map(end));
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { kubelet, proxy } = this.#options;
    try {
      this.#kubelet ??= await this.#run("kubelet", signal, (access, env) =>
        startKubelet({ ...kubelet, access }, env),
      );
      if (proxy !== undefined) {
        this.#proxy ??= await this.#run("proxy", signal, (access, env) =>
          startProxy({ ...proxy, access }, env),
        );
      }
      this.#failure = undefined;
      this.#backoff = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#failure = { reason: "NoAccess", message, final: false };
      this.#env.log.debug("A node has no access", { node: this.nodeName, error });
      this.#backoff ??= createBackoff({ initialMs: 500, maxMs: 30_000 }, this.#options.random);
      this.#retry = this.#env.clock.schedule(this.#backoff.nextMs(), () => {
        void this.#start(signal);
      });
    }
  }

  async #run<T extends AsyncDisposable>(
    component: Component["component"],
    signal: AbortSignal,
    start: (access: ComponentAccess, env: Env) => T,
  ): Promise<Running<T>> {
    const { open } = this.#options.access;
    const access = await open({ component, nodeName: this.nodeName }, signal);
    if (signal.aborted) {
      await access[Symbol.asyncDispose]();
      throw signal.reason;
    }
    return { access, component: this.#startLogged(component, access, start) };
  }

  #startLogged<T>(
    component: Component["component"],
    access: ComponentAccess,
    start: (access: ComponentAccess, env: Env) => T,
  ): T {
    const {
      logs,
      access: { server },
    } = this.#options;
    const log = logs?.open(component === "proxy" ? "kubeproxy" : "kubelet", this.nodeName);
    if (log === undefined) return start(access, this.#env);
    const logged = { ...access, transport: log.wrap(access.transport, server) };
    return start(logged, { ...this.#env, log: log.log });
  }
}

async function end({ component, access }: Running<AsyncDisposable>): Promise<void> {
  await component[Symbol.asyncDispose]();
  await access[Symbol.asyncDispose]();
}

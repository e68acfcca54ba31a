import { createBackoff } from "../base/backoff.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { parseTime } from "../base/rfc3339.ts";
import {
  type Client,
  createComponentClient,
  createTokenBucket,
  type ReflectorStore,
  runReflector,
} from "../client/index.ts";
import { endpointSlices, nodes, type Resource, serviceCidrs, services } from "../k8s/resources.ts";
import type { Service } from "../k8s/types/core.ts";
import type { EndpointSlice } from "../k8s/types/discovery.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import { chooseEndpoints } from "./choose-endpoints.ts";
import { hasNodeAddress, NodeView } from "./node-view.ts";
import { withNotedFailures } from "./noted-failures.ts";
import type { PersistentMap } from "./persistent-map.ts";
import type { Selectors } from "./proxy-habits.ts";
import type {
  ProgrammedRule,
  ProxyFailure,
  RunningProxy,
  RunningProxyOptions,
} from "./running-proxy.ts";
import { anyAddress, type Frontend, frontendKey, type ServicePortRule } from "./service-rules.ts";
import type { ServicesVersion, SlicesVersion } from "./shared-rules.ts";
import { type ServiceSlices, type SliceRule, slicesOf } from "./slice-rules.ts";
import { sendStartEvent } from "./start-event.ts";
import { SyncRunner } from "./sync-runner.ts";
import { TableView } from "./table-view.ts";

/** Says since when a change waits to be programmed (the EndpointSlice controller writes it). */
const triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/** Those of client-go's informers. */
const informerOptions = { pageSize: 500, retryMaxMs: 30_000, informerTimeout: true };

/** How many changes may wait for one sync; their latencies beyond are not measured. */
const pendingMax = 1_000;

/** Starts a proxy, which runs until it is disposed. */
export function startProxy(options: RunningProxyOptions, env: Env): RunningProxy {
  const proxy = new HollowProxy(options, env);
  proxy.start();
  return proxy;
}

class HollowProxy implements RunningProxy {
  readonly nodeName: string;
  programmed = 0;
  failure: ProxyFailure | undefined;
  /** What was asked for when it failed. */
  #failed: string | undefined;
  readonly #options: RunningProxyOptions;
  readonly #env: Env;
  readonly #client: Client;
  readonly #services: TableView<Service, readonly ServicePortRule[], PersistentMap<Frontend>>;
  readonly #slices: TableView<EndpointSlice, SliceRule | undefined, PersistentMap<ServiceSlices>>;
  readonly #node: NodeView;
  readonly #runner: SyncRunner;
  readonly #startedMs: number;
  readonly #stop = new AbortController();
  #running: Promise<unknown> | undefined;
  /** What is programmed: undefined before the first sync. */
  #programmedServices: ServicesVersion | undefined;
  #programmedSlices: SlicesVersion | undefined;
  /** When what waits to be programmed was triggered. */
  #pendingMs: number[] = [];

  constructor(options: RunningProxyOptions, env: Env) {
    const { nodeName, habits, access, rules, observer } = options;
    this.nodeName = nodeName;
    this.#options = options;
    this.#env = env;
    this.#startedMs = env.clock.nowMs();
    const { userAgent, contentType, qps, burst } = habits;
    const waited = (waitedMs: number): void => observer.limiterWaited(waitedMs);
    const limiter = createTokenBucket({ qps, burst, waited }, env);
    const client = createComponentClient({ access, userAgent, contentType, limiter }, env);
    this.#client = withNotedFailures(client, (plural, failure) => this.#noted(plural, failure));
    this.#runner = new SyncRunner(habits, env.clock, () => this.#sync());
    const changed = (): void => this.#changed();
    this.#services = new TableView(rules.services, changed);
    this.#slices = new TableView(rules.slices, (slice) => this.#sliceChanged(slice));
    this.#node = new NodeView(changed);
  }

  get synced(): boolean {
    return this.#programmedSlices !== undefined;
  }

  start(): void {
    this.#running = this.#run();
  }

  lookup(ip: string, port: number, protocol = "TCP"): ProgrammedRule | undefined {
    const frontends = this.#programmedServices?.index;
    const slices = this.#programmedSlices?.index;
    if (frontends === undefined || slices === undefined) return undefined;
    const frontend =
      frontends.get(frontendKey(ip, port, protocol)) ??
      frontends.get(frontendKey(anyAddress, port, protocol));
    const claim = frontend?.claims[0];
    if (claim === undefined) return undefined;
    const { rule, scope } = claim;
    const { service, portName, sessionAffinity, stickyMaxAgeSeconds } = rule;
    const endpoints = chooseEndpoints(
      rule,
      scope,
      ip.includes(":") ? "IPv6" : "IPv4",
      slicesOf(slices, service),
      { name: this.nodeName, zone: this.#node.zone },
    );
    return { service, portName, endpoints, sessionAffinity, stickyMaxAgeSeconds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error(`the proxy of ${this.nodeName} was disposed`));
    this.#runner.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { nodeName, habits, rules } = this.#options;
    const node = { fieldSelector: `metadata.name=${nodeName}` };
    const running: Promise<void>[] = [];
    const watchNode = (): void => {
      if (habits.watchesNode) running.push(this.#follow(nodes, node, this.#node));
    };
    if (habits.awaitsAddresses === "watch") watchNode();
    await this.#awaitAddresses();
    if (!this.#stop.signal.aborted) {
      const { signal } = this.#stop;
      running.push(sendStartEvent(this.#client, nodeName, habits.regarding, this.#env, signal));
      running.push(this.#follow(endpointSlices, habits.endpointSlices, this.#slices));
      running.push(this.#follow(services, habits.services, this.#services));
      if (habits.serviceCidrs !== undefined) {
        const cidrs = new TableView(rules.cidrs, () => {});
        running.push(this.#follow(serviceCidrs, habits.serviceCidrs, cidrs));
      }
      if (habits.awaitsAddresses !== "watch") watchNode();
    }
    await Promise.all(running);
  }

  #follow<T extends KubeObject>(of: Resource<T>, selectors: Selectors, store: ReflectorStore<T>) {
    const options = { ...informerOptions, ...selectors, watchList: this.#options.habits.watchList };
    return runReflector(this.#client, of, options, store, this.#env, this.#stop.signal);
  }

  /** What kube-proxy does before all else; it goes on without them in the end. */
  async #awaitAddresses(): Promise<void> {
    const { signal } = this.#stop;
    const { clock } = this.#env;
    const { awaitsAddresses } = this.#options.habits;
    if (awaitsAddresses === "no") return;
    const random = this.#env.random.stream(`proxy-node/${this.nodeName}`);
    const isGet = awaitsAddresses === "get";
    const backoff = isGet
      ? createBackoff({ initialMs: 1_000, maxMs: 32_000, jitter: 0.2 }, random)
      : createBackoff({ initialMs: 1_000, maxMs: 1_000, jitter: 0 }, random);
    try {
      for (let tries = isGet ? 6 : 30; tries > 0; tries -= 1) {
        if (isGet ? await this.#nodeHasAddress() : this.#node.hasAddress) return;
        if (!isGet || tries > 1) await sleep(clock, backoff.nextMs(), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #nodeHasAddress(): Promise<boolean> {
    try {
      const { signal } = this.#stop;
      return hasNodeAddress(await this.#client.get(nodes, { name: this.nodeName }, { signal }));
    } catch {
      return false; // Noted as the proxy's failure; kube-proxy tries again whatever it was.
    }
  }

  /** What is answered again clears its own failure, not that of another collection. */
  #noted(plural: string, failure: ProxyFailure | undefined): void {
    if (this.#stop.signal.aborted) return;
    if (failure === undefined && plural !== this.#failed) return;
    this.failure = failure;
    this.#failed = failure === undefined ? undefined : plural;
  }

  #sliceChanged(slice: EndpointSlice | undefined): void {
    const trigger = slice?.metadata.annotations?.[triggerTimeAnnotation];
    if (trigger !== undefined && this.#pendingMs.length < pendingMax) {
      const triggerMs = parseTime(trigger);
      // What was before this proxy is not its latency.
      if (triggerMs !== undefined && triggerMs > this.#startedMs) this.#pendingMs.push(triggerMs);
    }
    this.#changed();
  }

  #changed(): void {
    const { hasSynced, isListing } = this.#slices;
    if (!hasSynced || isListing || !this.#services.hasSynced) return;
    this.#runner.run();
  }

  #sync(): void {
    this.#programmedServices = this.#services.current();
    this.#programmedSlices = this.#slices.current();
    this.programmed += 1;
    if (this.#pendingMs.length === 0) return;
    const { rules, observer } = this.#options;
    const nowMs = this.#env.clock.nowMs();
    for (const triggerMs of this.#pendingMs) {
      rules.latency.observe((nowMs - triggerMs) / 1_000);
      observer.networkProgrammed(nowMs - triggerMs);
    }
    this.#pendingMs.length = 0;
  }
}

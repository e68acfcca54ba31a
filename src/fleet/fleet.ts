import { assert } from "../base/assert.ts";
import { sleep } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { FleetError } from "./fleet-error.ts";
import {
  acquireFleetLock,
  type FleetLock,
  metricsAnnotation,
  nodesAnnotation,
} from "./fleet-lock.ts";
import type { FleetClients, FleetOptions, HolderIdentity } from "./fleet-options.ts";
import { describeUnready, emptyStatus, type FleetStatus, isHopeless } from "./fleet-status.ts";
import { sharesWatches } from "./habits-of-nodes.ts";
import { removeFleetObjects } from "./leave.ts";
import { startLoneNodes } from "./lone-nodes.ts";
import { createNodePool, type NodePool } from "./node-pool.ts";
import { type RunningFleet, startNodes } from "./running-fleet.ts";

export interface WhenReadyOptions {
  readonly timeoutMs: number;
  /** Called when the numbers of nodes have changed, ten times a second at most. */
  readonly onProgress?: (status: FleetStatus) => void;
  readonly signal?: AbortSignal;
}

export interface StopOptions {
  /**
   * `delete` removes the Nodes, Leases and CSINodes of the fleet; the pods that were bound to them
   * are left to the control plane, which deletes them within a minute, as after any Node. `keep`
   * leaves all as a crash would: the nodes are declared unreachable, and their pods evicted.
   */
  readonly onExit: "delete" | "keep";
}

/** Hollow nodes, many of them, in this process. Disposing it is `stop({ onExit: "delete" })`. */
export interface Fleet extends AsyncDisposable {
  /**
   * Takes hold of the fleet's name and starts to register its nodes; `whenReady` waits for them.
   *
   * @throws FleetError `held`, ApiError, TransportError
   */
  start(signal: AbortSignal): Promise<void>;
  status(): FleetStatus;
  /** Resolves when all nodes are Ready. @throws FleetError `timeout` or `refused`, or the signal's reason */
  whenReady(options: WhenReadyOptions): Promise<FleetStatus>;
  /**
   * Rejects, with a FleetError: `lost` when the fleet has passed to another process, `crashed` when
   * its nodes have stopped by themselves. Never resolves.
   */
  readonly failed: Promise<never>;
  stop(options: StopOptions): Promise<void>;
}

const pollEveryMs = 100;
/** How long a stop may take to delete the objects of the fleet. */
const deleteTimeoutMs = 120_000;

/** Checks the options; nothing happens before `start`. @throws OptionError */
export function createFleet(options: FleetOptions, clients: FleetClients, env: Env): Fleet {
  return new HollowFleet(createNodePool(options), options, clients, env);
}

/** What a fleet is doing. */
type State =
  | { readonly kind: "new" | "starting" | "stopped" }
  | { readonly kind: "running"; readonly nodes: RunningFleet; readonly lock: FleetLock };

/** For a fleet that no other process can know of, or must wait for. */
function anonymous({ random }: Pick<Env, "random">): HolderIdentity {
  return { holder: random.uuid(), isGone: () => false };
}

class HollowFleet implements Fleet {
  readonly #pool: NodePool;
  readonly #options: FleetOptions;
  readonly #clients: FleetClients;
  readonly #env: Env;
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #failure: unknown;
  #state: State = { kind: "new" };

  constructor(pool: NodePool, options: FleetOptions, clients: FleetClients, env: Env) {
    this.#pool = pool;
    this.#options = options;
    this.#clients = clients;
    this.#env = env;
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // Nobody has to wait for it.
  }

  async start(signal: AbortSignal): Promise<void> {
    assert(this.#state.kind === "new", "a fleet is started once");
    this.#state = { kind: "starting" };
    const { fleet } = this.#pool;
    this.#noteStandIns();
    const { identity = anonymous(this.#env), metricsUrl } = this.#options;
    const annotations = {
      [nodesAnnotation]: String(this.#pool.nodes.length),
      ...(metricsUrl === undefined ? {} : { [metricsAnnotation]: metricsUrl }),
    };
    const lock = await acquireFleetLock(
      { client: this.#clients.leaseClient, fleet, identity, annotations },
      this.#env,
      signal,
    );
    try {
      const nodes = await this.#startNodes(signal);
      this.#state = { kind: "running", nodes, lock };
      // The fleet is still held: whoever waits stops it, and its nodes go as at any other end.
      nodes.failed?.catch((error: unknown) => {
        this.#failure = error;
        this.#fail(error);
      });
    } catch (error) {
      this.#state = { kind: "stopped" };
      await lock.release();
      throw error;
    }
    lock.lost.catch((error: unknown) => {
      this.#env.log.error("The fleet was lost", { fleet, error });
      // Two processes must not answer for the same nodes: this one stops, and deletes nothing.
      this.#failure = error;
      this.#fail(error);
      void this.#close();
    });
  }

  status(): FleetStatus {
    if (this.#state.kind === "running") return this.#state.nodes.status();
    return emptyStatus(this.#pool.nodes.length);
  }

  async whenReady({ timeoutMs, onProgress, signal }: WhenReadyOptions): Promise<FleetStatus> {
    const { clock } = this.#env;
    const untilMs = clock.monotonicMs() + timeoutMs;
    let told = "";
    for (;;) {
      const status = this.status();
      const { wanted, registered, ready } = status.nodes;
      const numbers = `${registered}/${ready}`;
      if (numbers !== told) onProgress?.(status);
      told = numbers;
      if (ready === wanted) return status;
      if (isHopeless(status)) throw new FleetError("refused", describeUnready(status));
      if (clock.monotonicMs() >= untilMs) throw new FleetError("timeout", describeUnready(status));
      await sleep(clock, pollEveryMs, signal);
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  async stop({ onExit }: StopOptions): Promise<void> {
    const lock = await this.#close();
    if (lock === undefined) return;
    if (onExit === "delete") {
      const timeout = new AbortController();
      const timer = this.#env.clock.schedule(deleteTimeoutMs, () => timeout.abort());
      await removeFleetObjects(this.#clients.client, this.#pool.fleet, timeout.signal);
      timer.cancel();
    }
    await lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop({ onExit: "delete" });
  }

  #startNodes(signal: AbortSignal): Promise<RunningFleet> {
    const { startNodes: elsewhere } = this.#clients;
    if (elsewhere !== undefined) return elsewhere(this.#pool, signal);
    const start = sharesWatches(this.#options) ? startNodes : startLoneNodes;
    return start(this.#pool, this.#options, this.#clients, this.#env, signal);
  }

  #noteStandIns(): void {
    const { nodes, habits } = this.#pool;
    for (const version of new Set(nodes.map(({ node }) => node.template.kubeletVersion))) {
      const minor = habits.standInFor(version);
      if (minor === undefined) continue;
      this.#env.log.warn("The habits of that version are not known", { version, used: minor });
    }
  }

  /** Ends all loops. The lock comes back to whoever was first to ask. */
  async #close(): Promise<FleetLock | undefined> {
    const state = this.#state;
    this.#state = { kind: "stopped" };
    if (state.kind !== "running") return undefined;
    await state.nodes.close();
    return state.lock;
  }
}

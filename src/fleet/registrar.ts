import { createBackoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import type { Node } from "../k8s/types/core.ts";
import { type NodeFailure, nodeFailure } from "../kubelet/index.ts";
import type { FleetNode } from "./fleet-node.ts";
import { createLane, type Lane } from "./lane.ts";

export interface RegistrarOptions {
  /** How many nodes register at once. Default 64. */
  readonly maxInFlight?: number;
  /** The Node, if it is known to exist. */
  knownNode(name: string): Node | undefined;
  /** The node is registered; `again` if its Node had been deleted. */
  onRegistered(node: FleetNode, again: boolean): void;
}

export interface Registrar extends Pick<Lane<FleetNode>, "close"> {
  /** Registers a node, and tries until it has succeeded or cannot succeed. */
  add(node: FleetNode, delayMs: number): void;
}

/** What a kubelet waits for the answer to its registration. */
const requestTimeoutMs = 30_000;

/** Registers the nodes of a fleet, a bounded number at a time. */
export function createRegistrar(options: RegistrarOptions, env: Env): Registrar {
  const { maxInFlight = 64, knownNode, onRegistered } = options;
  const random = env.random.stream("registration");
  const registrations = env.metrics.counter(
    "hollowmark_node_registrations_total",
    "Attempts to register a node, by outcome: registered, again, or the reason of a refusal.",
    ["outcome"],
  );

  const lane = createLane<FleetNode>(
    {
      maxInFlight,
      timeoutMs: requestTimeoutMs,
      async run(node, _dueMs, signal) {
        const again = node.state === "deleted";
        const failure = await attempt(node, knownNode(node.kubelet.nodeName), signal);
        node.failure = failure;
        const success = again ? "again" : "registered";
        registrations.inc(1, { outcome: failure?.reason ?? success });
        if (failure === undefined) {
          node.registrationBackoff = undefined;
          node.state = "registered";
          onRegistered(node, again);
          return undefined;
        }
        const fields = { node: node.kubelet.nodeName, reason: failure.reason };
        env.log.debug("A node was not registered", { ...fields, message: failure.message });
        if (failure.final) return undefined;
        // The kubelet starts at 0.2 s and goes up to 7 s (`registerWithAPIServer`).
        node.registrationBackoff ??= createBackoff({ initialMs: 200, maxMs: 7_000 }, random);
        return node.registrationBackoff.nextMs();
      },
    },
    env,
  );
  return {
    add: (node, delayMs) => lane.schedule(node, delayMs),
    close: (graceMs) => lane.close(graceMs),
  };
}

async function attempt(
  { kubelet }: FleetNode,
  known: Node | undefined,
  signal: AbortSignal,
): Promise<NodeFailure | undefined> {
  try {
    const registration = await kubelet.register(known, signal);
    if (registration.kind !== "foreign") return undefined;
    return { reason: "NodeNotOurs", message: registration.message, final: true };
  } catch (error) {
    return nodeFailure(error, signal.aborted ? "timeout" : "Unknown");
  }
}

import type { ComponentAccess } from "../client/index.ts";
import type { ProxyEndpoint } from "./choose-endpoints.ts";
import type { ProxyHabits } from "./proxy-habits.ts";
import type { SharedRules } from "./shared-rules.ts";

/** What a fleet hears of its proxies. Calls must not throw. */
export interface ProxyObserver {
  /**
   * A change of endpoints was programmed, `latencyMs` after the pod or the Service had changed: what
   * the SLI of network programming latency is made of. The clock of the control plane counts too.
   */
  networkProgrammed(latencyMs: number): void;
  /** The limiter kept a request waiting. */
  limiterWaited(waitedMs: number): void;
}

export interface RunningProxyOptions {
  readonly nodeName: string;
  readonly habits: ProxyHabits;
  readonly access: ComponentAccess;
  /** Those of all proxies of a fleet. */
  readonly rules: SharedRules;
  readonly observer: ProxyObserver;
}

/** What a proxy does with traffic to one address and port. */
export interface ProgrammedRule {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** Empty where the Service has one port without a name. */
  readonly portName: string;
  /** None: the traffic is refused. */
  readonly endpoints: readonly ProxyEndpoint[];
  readonly sessionAffinity: "None" | "ClientIP";
  /** How long a client stays with its endpoint, in seconds; 0 without affinity. */
  readonly stickyMaxAgeSeconds: number;
}

/** Why a proxy gets no answer. */
export interface ProxyFailure {
  /** A reason of the API server's, or that of a transport error. */
  readonly reason: string;
  readonly message: string;
}

/**
 * One proxy that runs by itself, as its process does: it watches what kube-proxy watches and keeps
 * the rules that follow from it. Disposing it is the end of the process: requests under way are
 * given up.
 */
export interface RunningProxy extends AsyncDisposable {
  readonly nodeName: string;
  /** Whether the first Services and EndpointSlices are in, so that there are rules. */
  readonly synced: boolean;
  /** How often it has programmed its rules. */
  readonly programmed: number;
  /** Why it was not answered the last time, until it is. */
  readonly failure: ProxyFailure | undefined;
  /**
   * The rule for traffic to `ip`, as programmed. What is the address of no Service is taken for one
   * of the node, where node ports answer. Undefined: no proxy minds that traffic.
   *
   * @param protocol default `TCP`.
   */
  lookup(ip: string, port: number, protocol?: string): ProgrammedRule | undefined;
}

import type { Env } from "../base/env.ts";
import type { Client, EventRecorder } from "../client/index.ts";
import type { ResolvedControllerOptions } from "./controller-options.ts";
import type { SharedInformers } from "./shared-informers.ts";

/** What every controller is given. */
export interface ControllerContext {
  /** Its requests end when the controllers are stopped. */
  readonly client: Client;
  readonly informers: SharedInformers;
  readonly options: ResolvedControllerOptions;
  /** Aborted when the controllers are stopped. */
  readonly signal: AbortSignal;
  readonly env: Env;
  /** Events that come from `component`: `deployment-controller`. */
  recorder(component: string): EventRecorder;
}

/** A started controller. */
export interface RunningController {
  /** Resolves once the signal was given and its work has ended. */
  readonly stopped: Promise<void>;
}

/** How long a controller waits, in milliseconds, after a change of a dependent before it acts. */
export const settleMs = 100;

/**
 * The same for a controller that counts `size` pods when it acts. A Deployment of 5,000 pods gives
 * tens of thousands of changes within seconds, and every count passes over all pods: counting less
 * often the longer it takes keeps this at a few percent of a core, whatever the size.
 */
export function settleMsFor(size: number): number {
  return settleMs + size / 20;
}

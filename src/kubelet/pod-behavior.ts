import type { Env } from "../base/env.ts";
import type { RandomStream } from "../base/random.ts";
import type { Pod } from "../k8s/types/core.ts";
import type { PodHabits } from "./pod-habits.ts";

/** How long the steps of one pod's life take, and how it ends by itself. */
export interface PodPlan {
  /** From admission until the first container starts: volumes, sandbox and images. */
  readonly createMs: number;
  /** How long each init container runs; a sidecar counts as started at once. */
  readonly initMs: number;
  /** What the containers do once they have started. */
  readonly run: PodRun;
  /** How long the containers take to end when they are told to. Never longer than the grace period. */
  readonly stopMs: number;
}

export type PodRun =
  | { readonly kind: "forever" }
  /** All containers end after that time. Ignored where the restart policy would start them again. */
  | { readonly kind: "ends"; readonly afterMs: number; readonly exitCode: number };

/** Plans the life of a pod, once, when its kubelet first sees it. */
export interface PodBehavior {
  plan(pod: Pod): PodPlan;
}

/** A span from which a duration is drawn, both ends included, in milliseconds. */
export interface DurationRange {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface HollowBehaviorOptions {
  /** Default 100 … 900 ms, what a kubelet with a fake runtime was measured to take. */
  readonly create?: DurationRange;
  /** Default 100 … 500 ms. */
  readonly init?: DurationRange;
  /** Default 0 … 200 ms. */
  readonly stop?: DurationRange;
}

/**
 * The pods of a hollow node: they start within a second, run for ever, and end when they are told
 * to. Each pod has a stream of chance of its own, so its durations do not depend on the others.
 */
export function createHollowBehavior(
  options: HollowBehaviorOptions,
  env: Pick<Env, "random">,
): PodBehavior {
  const create = options.create ?? { minMs: 100, maxMs: 900 };
  const init = options.init ?? { minMs: 100, maxMs: 500 };
  const stop = options.stop ?? { minMs: 0, maxMs: 200 };
  return {
    plan(pod) {
      const random = env.random.stream(`pod/${pod.metadata.namespace}/${pod.metadata.name}`);
      return {
        createMs: drawMs(create, random),
        initMs: drawMs(init, random),
        stopMs: drawMs(stop, random),
        run: { kind: "forever" },
      };
    },
  };
}

/** The plan as a kubelet of these habits carries it out. */
export function planWith({ switches, runtime }: PodHabits, plan: PodPlan): PodPlan {
  const { InitContainers, GracePeriods } = switches;
  if (InitContainers && GracePeriods && !runtime.instant) return plan;
  return {
    createMs: runtime.instant ? 0 : plan.createMs,
    initMs: InitContainers ? plan.initMs : Number.POSITIVE_INFINITY,
    run: runtime.instant ? { kind: "forever" } : plan.run,
    stopMs: GracePeriods ? plan.stopMs : 0,
  };
}

function drawMs({ minMs, maxMs }: DurationRange, random: RandomStream): number {
  return minMs + random.below(maxMs - minMs + 1);
}

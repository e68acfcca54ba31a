import type { Container, Pod, PodSpec, PodStatus } from "../k8s/types/core.ts";
import type { ObjectMeta } from "../k8s/types/meta.ts";
import type { PodPlan } from "./pod-behavior.ts";
import type { PodHabits } from "./pod-habits.ts";
import { firstState, type PodState } from "./pod-state.ts";
import type { PodFacts } from "./pod-status.ts";
import { stepPod } from "./pod-step.ts";
import { kubeletHabits } from "./profiles/kubelet-habits.ts";

export interface TestPod {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: Partial<PodSpec>;
  readonly status?: PodStatus;
}

export function testPod({ metadata, spec, status }: TestPod = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "uid-1",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...metadata,
    },
    spec: { nodeName: "hollow-0", containers: [container("main")], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: `${name}:1`, ...more };
}

export function sidecar(name: string): Container {
  return container(name, { restartPolicy: "Always" });
}

/** The pod after somebody has asked for its deletion. */
export function deleted(pod: Pod, graceS = 30): Pod {
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      deletionTimestamp: "2026-01-01T00:00:30Z",
      deletionGracePeriodSeconds: graceS,
    },
  };
}

export const testPlan: PodPlan = {
  createMs: 500,
  initMs: 300,
  stopMs: 200,
  run: { kind: "forever" },
};

/** 2026-01-01T00:00:00Z */
export const startMs = 1_767_225_600_000;

/** Those of profile `light`. */
export const testPodHabits: PodHabits = kubeletHabits({
  profile: "light",
  kubeletVersion: "v1.34.4",
}).habits.pods;

export function testFacts(pod: Pod, plan: Partial<PodPlan> = {}): PodFacts {
  return {
    pod,
    plan: { ...testPlan, ...plan },
    habits: testPodHabits,
    hostIp: "198.18.0.9",
    podIps: ["10.0.0.2"],
    mountedMs: 0,
    relistedMs: Number.POSITIVE_INFINITY,
  };
}

/** The life of a pod from its first sight, as steps at the times they ask for, up to `untilMs`. */
export interface TestLife {
  state: PodState;
  facts: PodFacts;
  /** Milliseconds since the start. */
  nowMs: number;
  /** What has been: `500 running Running ready`. */
  readonly lines: string[];
  /** Lets time pass, with all steps that become due. */
  passTo(ms: number): void;
  /** The pod has changed. */
  see(pod: Pod): void;
}

export function live(facts: PodFacts): TestLife {
  const life: TestLife = {
    state: firstState(facts, startMs),
    facts,
    nowMs: 0,
    lines: [],
    passTo(ms) {
      for (;;) {
        const wakeAtMs = take() - startMs;
        if (wakeAtMs > ms) break;
        life.nowMs = wakeAtMs;
      }
      life.nowMs = ms;
    },
    see(pod) {
      life.facts = { ...life.facts, pod };
      take();
    },
  };
  const take = (): number => {
    const step = stepPod(life.state, life.facts, startMs + life.nowMs);
    life.state = step.state;
    const line = `${life.nowMs} ${describe(step.state)}`;
    if (life.lines.at(-1)?.replace(/^\d+ /, "") !== describe(step.state)) life.lines.push(line);
    return step.wakeAtMs;
  };
  return life;
}

function describe({ kind, status }: PodState): string {
  const words = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(
    ({ name, state }) => {
      if (state?.running !== undefined) return `${name}=running`;
      if (state?.terminated !== undefined) return `${name}=${state.terminated.exitCode}`;
      return `${name}=waiting`;
    },
  );
  const ready = status.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return [kind, status.phase, ...words, ...(ready ? ["Ready"] : [])].join(" ");
}

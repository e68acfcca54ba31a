import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pod } from "../k8s/types/core.ts";
import {
  container,
  deleted,
  live,
  sidecar,
  startMs,
  testFacts,
  testPlan,
  testPod,
} from "./pod.fixture.ts";
import { firstState } from "./pod-state.ts";
import { stepPod } from "./pod-step.ts";

const job = { restartPolicy: "Never" } as const;

describe("a pod", () => {
  test("starts when its sandbox and images are there, and runs", () => {
    const life = live(testFacts(testPod()));
    life.passTo(100_000);
    expect(life.lines).toEqual([
      "0 creating Pending main=waiting",
      "500 running Running main=running Ready",
    ]);
  });

  test("runs its init containers one after the other, and its sidecars from then on", () => {
    const initContainers = [container("one"), sidecar("mesh"), container("two")];
    const life = live(testFacts(testPod({ spec: { initContainers } })));
    life.passTo(10_000);
    expect(life.lines).toEqual([
      "0 creating Pending one=waiting mesh=waiting two=waiting main=waiting",
      "500 initializing Pending one=running mesh=waiting two=waiting main=waiting",
      "800 initializing Pending one=0 mesh=running two=running main=waiting",
      "1100 running Running one=0 mesh=running two=0 main=running Ready",
    ]);
  });

  test("ends its containers, then its sidecars, when it is deleted", () => {
    const pod = testPod({ spec: { initContainers: [sidecar("mesh")] } });
    const life = live(testFacts(pod));
    life.passTo(1_000);
    life.see(deleted(pod));
    life.passTo(10_000);
    expect(life.lines.slice(1)).toEqual([
      "500 running Running mesh=running main=running Ready",
      "1000 stopping Running mesh=running main=running Ready",
      "1200 stopping Running mesh=running main=0",
      "1400 removing Succeeded mesh=0 main=0",
    ]);
  });

  test("is killed at the end of its grace period", () => {
    const pod = testPod();
    const life = live(testFacts(pod, { stopMs: 60_000 }));
    life.passTo(1_000);
    life.see(deleted(pod, 2));
    life.passTo(100_000);
    expect(life.lines.at(-1)).toBe("3000 removing Failed main=137");
  });

  test("is killed sooner when a second deletion says so", () => {
    const pod = testPod();
    const life = live(testFacts(pod, { stopMs: 60_000 }));
    life.passTo(1_000);
    life.see(deleted(pod, 30));
    life.passTo(2_000);
    life.see(deleted(pod, 1));
    life.passTo(100_000);
    expect(life.lines.at(-1)).toBe("3000 removing Failed main=137");
  });

  test("that is deleted before it starts fails, as a kubelet reports it", () => {
    const life = live(testFacts(deleted(testPod())));
    life.passTo(10_000);
    expect(life.lines).toEqual(["0 removing Failed main=137"]);
    expect(life.state.status.containerStatuses?.[0]?.state?.terminated?.reason).toBe(
      "ContainerStatusUnknown",
    );
  });

  test("that is deleted while it initializes leaves its containers waiting", () => {
    const pod = testPod({ spec: { initContainers: [container("one"), container("two")] } });
    const life = live(testFacts(pod));
    life.passTo(600);
    life.see(deleted(pod));
    life.passTo(10_000);
    expect(life.lines.at(-1)).toBe("800 removing Failed one=0 two=waiting main=waiting");
  });

  test("fails at its active deadline", () => {
    const life = live(testFacts(testPod({ spec: { activeDeadlineSeconds: 5 } })));
    life.passTo(100_000);
    expect(life.lines.at(-1)).toBe("5200 ended Failed main=0");
    expect(life.state.status).toMatchObject({
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });

  test("waits for an address, and asks again each second", () => {
    const facts = { ...testFacts(testPod()), podIps: undefined };
    const state = firstState(facts, startMs);
    const step = stepPod(state, facts, startMs + 500);
    expect(step.state.kind).toBe("creating");
    expect(step.wakeAtMs).toBe(startMs + 1_500);
  });
});

test.each([
  { name: "a job that ends well", spec: job, exitCode: 0, last: "3500 ended Succeeded main=0" },
  { name: "a job that fails", spec: job, exitCode: 3, last: "3500 ended Failed main=3" },
  {
    name: "a job with a sidecar, which ends after it",
    spec: { ...job, initContainers: [sidecar("mesh")] },
    exitCode: 0,
    last: "3700 ended Succeeded mesh=0 main=0",
  },
  {
    name: "a pod that would be restarted, which runs on",
    spec: { restartPolicy: "OnFailure" } as const,
    exitCode: 1,
    last: "500 running Running main=running Ready",
  },
])("containers end by themselves: $name", ({ spec, exitCode, last }) => {
  const run = { kind: "ends", afterMs: 3_000, exitCode } as const;
  const life = live(testFacts(testPod({ spec }), { run }));
  life.passTo(100_000);
  expect(life.lines.at(-1)).toBe(last);
});

describe("after a restart of its kubelet, a pod", () => {
  test("that runs goes on running, with the status it had", () => {
    const life = live(testFacts(testPod()));
    life.passTo(1_000);
    const { status } = life.state;
    const found = firstState(testFacts(testPod({ status })), startMs + 60_000);
    expect(found.kind).toBe("running");
    expect(found.status).toEqual(status);
  });

  test("that was declared not ready is ready again", () => {
    const life = live(testFacts(testPod()));
    life.passTo(1_000);
    const conditions = life.state.status.conditions?.map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False" as const } : condition,
    );
    const status = { ...life.state.status, ...(conditions === undefined ? {} : { conditions }) };
    const found = firstState(testFacts(testPod({ status })), startMs + 60_000);
    const ready = found.status.conditions?.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ status: "True", lastTransitionTime: "2026-01-01T00:01:00Z" });
  });

  test("goes on with the init container it had come to", () => {
    const spec = { initContainers: [container("one"), container("two")] };
    const before = live(testFacts(testPod({ spec })));
    before.passTo(900);
    const after = live(testFacts(testPod({ spec, status: before.state.status })));
    after.passTo(10_000);
    expect(after.lines).toEqual(["0 running Running one=0 two=0 main=running Ready"]);
  });

  test("that has ended stays as it was", () => {
    const status = { phase: "Failed", reason: "Evicted" } as const;
    const found = firstState(testFacts(testPod({ status })), startMs);
    expect(found).toMatchObject({ kind: "ended", status });
  });
});

const order = ["creating", "initializing", "running", "stopping", "ended", "removing"];
const phases = ["Pending", "Running", "Succeeded", "Failed"];

const specs = fc.record({
  inits: fc.array(fc.boolean(), { maxLength: 3 }),
  deadlineS: fc.option(fc.integer({ min: 1, max: 4 })),
  deletedAtMs: fc.option(fc.integer({ min: 0, max: 6_000 })),
  graceS: fc.integer({ min: 0, max: 3 }),
  stopMs: fc.integer({ min: 0, max: 4_000 }),
  endsMs: fc.option(fc.integer({ min: 0, max: 4_000 })),
  /** When somebody looks, beside the times that a step asks for. */
  looks: fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 20 }),
});

test("no order of events takes a pod back, nor a container", () => {
  fc.assert(
    fc.property(specs, ({ inits, deadlineS, deletedAtMs, graceS, stopMs, endsMs, looks }) => {
      const pod = testPod({
        spec: {
          ...job,
          ...(inits.length === 0
            ? {}
            : {
                initContainers: inits.map((isSidecar, index) =>
                  isSidecar ? sidecar(`s${index}`) : container(`i${index}`),
                ),
              }),
          ...(deadlineS === null ? {} : { activeDeadlineSeconds: deadlineS }),
        },
      });
      const run =
        endsMs === null ? testPlan.run : ({ kind: "ends", afterMs: endsMs, exitCode: 1 } as const);
      const life = live(testFacts(pod, { stopMs, run }));
      const events = new Map<number, Pod>();
      for (const ms of looks)
        events.set(ms, ms >= (deletedAtMs ?? 1e9) ? deleted(pod, graceS) : pod);
      if (deletedAtMs !== null) events.set(deletedAtMs, deleted(pod, graceS));
      for (const [ms, seen] of [...events].sort(([left], [right]) => left - right)) {
        life.passTo(ms);
        life.see(seen);
      }
      life.passTo(60_000);

      const ranks = life.lines.map((line) => order.indexOf(line.split(" ")[1] ?? ""));
      expect(ranks).toEqual([...ranks].sort((left, right) => left - right));
      const phaseRanks = life.lines.map((line) => phases.indexOf(line.split(" ")[2] ?? ""));
      expect(phaseRanks).toEqual([...phaseRanks].sort((left, right) => left - right));
      for (const name of ["main", "s0", "i0"]) {
        const seen = life.lines.map((line) => new RegExp(` ${name}=(\\w+)`).exec(line)?.[1] ?? "");
        const steps = seen.map((word) => ["", "waiting", "running"].indexOf(word));
        const ranked = steps.map((step) => (step === -1 ? 3 : step));
        expect(ranked).toEqual([...ranked].sort((left, right) => left - right));
      }
      if (deletedAtMs !== null) expect(life.state.kind).toBe("removing");
    }),
  );
});

test("a second look at the same time changes nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 10 }), (times) => {
      const life = live(testFacts(testPod({ spec: { initContainers: [container("one")] } })));
      for (const ms of times.sort((left, right) => left - right)) {
        life.passTo(ms);
        const again = stepPod(life.state, life.facts, startMs + ms);
        expect(again.state).toBe(life.state);
      }
    }),
  );
});

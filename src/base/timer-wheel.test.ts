import fc from "fast-check";
import { expect, test } from "vitest";
import { createTimerWheel } from "./timer-wheel.ts";

test.each([
  1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 16_777_216, 16_777_217, 4_294_967_295,
  4_294_967_296, 10_000_000_000,
])("a timer of %d ticks runs in its tick", (dueTick) => {
  const wheel = createTimerWheel();
  const ranAt: number[] = [];
  wheel.schedule(dueTick, () => ranAt.push(wheel.tick));
  wheel.advance(dueTick - 1);
  expect(ranAt).toEqual([]);
  wheel.advance(dueTick + 300);
  expect(ranAt).toEqual([dueTick]);
  expect(wheel.size).toBe(0);
});

test("the timers of one tick run together, in the order in which they were set", () => {
  const wheel = createTimerWheel();
  const ran: string[] = [];
  for (const name of ["a", "b", "c"]) wheel.schedule(7, () => ran.push(name));
  wheel.advance(7);
  expect(ran).toEqual(["a", "b", "c"]);
});

test("a timer set for the running tick runs in the next one", () => {
  const wheel = createTimerWheel();
  const ranAt: number[] = [];
  wheel.schedule(3, () => wheel.schedule(3, () => ranAt.push(wheel.tick)));
  wheel.advance(10);
  expect(ranAt).toEqual([4]);
});

test("a cancelled timer does not run, also when it is cancelled within its own tick", () => {
  let emptied = 0;
  const wheel = createTimerWheel(0, () => {
    emptied += 1;
  });
  const ran: string[] = [];
  const far = wheel.schedule(70_000, () => ran.push("far"));
  wheel.schedule(5, () => second.cancel());
  const second = wheel.schedule(5, () => ran.push("second"));
  wheel.advance(5);
  expect(wheel.size).toBe(1);
  far.cancel();
  far.cancel();
  expect(wheel.size).toBe(0);
  expect(emptied).toBe(1);
  wheel.advance(80_000);
  expect(ran).toEqual([]);
});

test("a callback that throws does not take the others of its tick with it", () => {
  const wheel = createTimerWheel();
  const ran: string[] = [];
  wheel.schedule(1, () => {
    throw new Error("boom");
  });
  wheel.schedule(1, () => ran.push("other"));
  expect(() => wheel.advance(1)).toThrow("boom");
  expect(wheel.nextTick()).toBe(1);
  wheel.advance(1);
  expect(ran).toEqual(["other"]);
});

test("it does as a sorted list of timers would", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("schedule" as const), delay: fc.nat(200_000) }),
    fc.record({ kind: fc.constant("schedule" as const), delay: fc.nat(600) }),
    fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(50) }),
    fc.record({ kind: fc.constant("advance" as const), by: fc.nat(70_000) }),
    fc.record({ kind: fc.constant("advance" as const), by: fc.nat(300) }),
    fc.record({ kind: fc.constant("wake" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const wheel = createTimerWheel();
      const timers: { readonly due: number; state: "set" | "over"; cancel(): void }[] = [];
      const ran: number[] = [];
      const expected: number[] = [];
      const advance = (to: number): void => {
        const due = timers.filter((timer) => timer.state === "set" && timer.due <= to);
        for (const timer of due) timer.state = "over";
        expected.push(...due.map((timer) => timer.due).sort((a, b) => a - b));
        wheel.advance(to);
      };
      for (const step of steps) {
        if (step.kind === "schedule") {
          const due = wheel.tick + Math.max(1, step.delay);
          const timer = wheel.schedule(due, () => {
            expect(wheel.tick).toBe(due);
            ran.push(due);
          });
          timers.push({ due, state: "set", cancel: () => timer.cancel() });
        } else if (step.kind === "cancel") {
          const timer = timers[step.which];
          if (timer === undefined) continue;
          timer.state = "over";
          timer.cancel();
        } else if (step.kind === "advance") {
          advance(wheel.tick + step.by);
        } else {
          const next = wheel.nextTick();
          const soonest = Math.min(...timers.flatMap((t) => (t.state === "set" ? [t.due] : [])));
          if (next === undefined) expect(soonest).toBe(Number.POSITIVE_INFINITY);
          else {
            expect(next).toBeLessThanOrEqual(soonest);
            advance(next);
          }
        }
        expect(wheel.size).toBe(timers.filter((timer) => timer.state === "set").length);
      }
      expect(ran).toEqual(expected);
    }),
  );
});

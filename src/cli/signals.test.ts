import { afterEach, expect, test } from "vitest";
import { createManualClock } from "../base/manual-clock.ts";
import { StopRequest, stopOnSignals } from "./signals.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));

afterEach(() => {
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) {
      if (before.get(signal)?.includes(listener) !== true) process.off(signal, listener);
    }
  }
});

test("the first signal asks to stop, and so does its copy that npm passes on; a later one exits", async () => {
  const clock = createManualClock();
  const codes: number[] = [];
  const stop = stopOnSignals(clock, (code) => void codes.push(code));
  expect(stop.aborted).toBe(false);
  process.emit("SIGINT");
  expect(stop.reason).toEqual(new StopRequest("SIGINT"));
  await clock.advance(499);
  process.emit("SIGINT");
  expect(codes).toEqual([]);
  await clock.advance(1);
  process.emit("SIGTERM");
  expect(codes).toEqual([128 + 15]);
});

import { afterEach, expect, test } from "vitest";
import { createManualClock } from "../base/manual-clock.ts";
import { StopRequest, stopOnSignals } from "./signals.ts";

afterEach(() => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal);
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

import { expect, test } from "vitest";
import { createManualClock } from "../base/manual-clock.ts";
import { createExpectations } from "./expectations.ts";

test("what was announced is outstanding until all of it is observed", () => {
  const expectations = createExpectations(createManualClock());
  expect(expectations.satisfied("a")).toBe(true);
  expectations.expect("a", 2, ["x"]);
  expect(expectations.creationObserved("a")).toBe(false);
  expect(expectations.deletionObserved("a", "x")).toBe(false);
  expect(expectations.satisfied("a")).toBe(false);
  expect(expectations.creationObserved("a")).toBe(true);
  expect(expectations.satisfied("a")).toBe(true);
});

test("a deletion that nobody announced counts for nothing", () => {
  const expectations = createExpectations(createManualClock());
  expectations.expect("a", 0, ["x", "y"]);
  expect(expectations.deletionObserved("a", "z")).toBe(false);
  expect(expectations.deletionObserved("a", "x")).toBe(false);
  expect(expectations.deletionObserved("a", "x")).toBe(false);
  expect(expectations.satisfied("a")).toBe(false);
  expect(expectations.deletionObserved("b", "y")).toBe(false);
  expect(expectations.deletionObserved("a", "y")).toBe(true);
});

test("after five minutes nothing is waited for any more", async () => {
  const clock = createManualClock();
  const expectations = createExpectations(clock);
  expectations.expect("a", 1, []);
  await clock.advance(299_999);
  expect(expectations.satisfied("a")).toBe(false);
  await clock.advance(1);
  expect(expectations.satisfied("a")).toBe(true);
});

import { expect, test } from "vitest";
import { onAbort } from "./on-abort.ts";

test("a listener hears of an abortion, once, unless it was taken back", () => {
  const stop = new AbortController();
  const heard: string[] = [];
  onAbort(stop.signal, () => heard.push("kept"));
  onAbort(stop.signal, () => heard.push("taken back"))();
  onAbort(undefined, () => heard.push("no signal"))();
  stop.abort();
  stop.abort();
  expect(heard).toEqual(["kept"]);
});

test("many may listen without a warning", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const { signal } = new AbortController();
  for (let index = 0; index < 100; index += 1) onAbort(signal, () => {});
  await new Promise((resolve) => setImmediate(resolve)); // Warnings come in a later tick.
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

import { expect, test } from "vitest";
import { abortable } from "./abortable.ts";

test("a promise that settles first decides", async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(1), signal)).toBe(1);
  expect(await abortable(Promise.resolve(2), undefined)).toBe(2);
  await expect(abortable(Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
});

test("an abortion decides at once, also one that came before", async () => {
  const stop = new AbortController();
  const never = new Promise<void>(() => {});
  const waiting = abortable(never, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await expect(abortable(never, stop.signal)).rejects.toThrow("stopped");
});

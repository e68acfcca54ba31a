import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { parseOpenFilesLimit } from "./open-files-limit.ts";
import { watchProcess } from "./process-metrics.ts";

test("a process tells its memory, processor time and the lateness of its event loop", () => {
  using metrics = watchProcess(createTestEnv());
  const byName = new Map(
    metrics.collect().map(({ name, samples }) => [name, samples[0]?.value] as const),
  );
  const mebibyte = 1024 * 1024;
  expect(byName.get("process_resident_memory_bytes")).toBeGreaterThan(20 * mebibyte);
  expect(byName.get("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(byName.get("nodejs_heap_size_used_bytes")).toBeGreaterThan(mebibyte);
  for (const which of ["mean", "max", "p50", "p99"]) {
    expect(byName.get(`nodejs_eventloop_lag_${which}_seconds`)).toBeGreaterThanOrEqual(0);
  }
});

test.each([
  {
    name: "the soft limit",
    text: "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 524288               files     \n",
    limit: 1024,
  },
  {
    name: "none",
    text: "Max open files            unlimited            unlimited            files\n",
    limit: undefined,
  },
  { name: "nothing, of another text", text: "", limit: undefined },
])("the limit of open files is $name", ({ text, limit }) => {
  expect(parseOpenFilesLimit(text)).toBe(limit);
});

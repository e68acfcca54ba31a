import { expect, test } from "vitest";
import { createManualClock } from "../../base/manual-clock.ts";
import { createLineLog } from "./log.ts";

function written(verbosity: number, format: "text" | "json"): readonly string[] {
  const lines: string[] = [];
  const clock = createManualClock();
  const log = createLineLog({ verbosity, format, write: (line) => void lines.push(line) }, clock);
  const error = new Error("connect 127.0.0.1:9", { cause: new Error("refused") });
  log.error("failed", { error });
  log.warn("slow");
  log.child({ node: "hollow-1" }).info("registered", { name: "two words", gone: undefined });
  log.debug("step", { count: 3 });
  return lines;
}

test("text: a time, a level, a message, and fields, with the causes of errors", () => {
  const time = "2026-01-01T00:00:00.000000Z";
  const all = [
    `${time} ERROR failed error="connect 127.0.0.1:9: refused"`,
    `${time} WARN slow`,
    `${time} INFO registered node=hollow-1 name="two words"`,
    `${time} DEBUG step count=3`,
  ];
  expect(written(4, "text")).toEqual(all);
  expect(written(1, "text")).toEqual(all.slice(0, 3));
  expect(written(0, "text")).toEqual(all.slice(0, 2));
});

test("json: the same as one object a line", () => {
  expect(written(1, "json").map((line) => JSON.parse(line))).toMatchObject([
    { level: "ERROR", message: "failed", error: "connect 127.0.0.1:9: refused" },
    { level: "WARN", message: "slow" },
    { level: "INFO", message: "registered", node: "hollow-1", name: "two words" },
  ]);
});

import { expect, test } from "vitest";
import type { Log, LogFields } from "../../base/log.ts";
import { createLogRelay, writeRelayed } from "./log-relay.ts";

interface Written {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

function createRecorder(): { readonly log: Log; readonly written: Written[] } {
  const written: Written[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      written.push({ level, message, fields });
    };
  const log: Log = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    child: () => log,
  };
  return { log, written };
}

/** Records as they are after the way from one thread to another. */
function sent<T>(message: T): T {
  return structuredClone(message);
}

test("records come out as they went in, errors with their causes", () => {
  const relay = createLogRelay("debug");
  const error = new TypeError("outer", { cause: new Error("inner") });
  relay.log.child({ node: "a" }).warn("Late", { seconds: 3, error });
  relay.log.debug("A step", { object: { a: 1 }, big: 7n, nothing: undefined, call() {} });
  const { log, written } = createRecorder();
  writeRelayed(sent(relay.take()), log);
  expect(written).toEqual([
    {
      level: "warn",
      message: "Late",
      fields: { node: "a", seconds: 3, error: new Error("outer", { cause: new Error("inner") }) },
    },
    {
      level: "debug",
      message: "A step",
      fields: { object: '{"a":1}', big: "7", nothing: undefined, call: "function" },
    },
  ]);
  expect(relay.take()).toEqual([]);
});

test.each([
  { level: "silent", kept: [] },
  { level: "error", kept: ["E"] },
  { level: "warn", kept: ["E", "W"] },
  { level: "info", kept: ["E", "W", "I"] },
  { level: "debug", kept: ["E", "W", "I", "D"] },
] as const)("a relay of level $level keeps $kept", ({ level, kept }) => {
  const { log, take } = createLogRelay(level);
  log.error("E");
  log.warn("W");
  log.info("I");
  log.debug("D");
  expect(take().map(({ message }) => message)).toEqual(kept);
});

test("a relay that nobody empties keeps a thousand records, and counts the others", () => {
  const { log, take } = createLogRelay("info");
  for (let index = 0; index < 1_003; index += 1) log.info("Here");
  const records = take();
  expect(records).toHaveLength(1_001);
  expect(records.at(-1)).toMatchObject({ level: "warn", fields: [["count", 3]] });
  expect(take()).toEqual([]);
});

import { expect, test } from "vitest";
import { parseFidelityOptions, UsageError } from "./run-options.ts";

test("without arguments it asks for all that the comparison has to hold for", () => {
  expect(parseFidelityOptions([])).toEqual({
    versions: ["v1.30.4", "v1.31.0", "v1.34.4", "v1.36.3"],
    nodeCount: 10,
    idleS: 300,
    record: undefined,
    against: undefined,
    page: undefined,
  });
});

test.each([
  { name: "minor versions", args: ["--versions", "1.34,v1.30"], want: ["v1.34.4", "v1.30.4"] },
  { name: "a full version", args: ["--versions", "1.31.0"], want: ["v1.31.0"] },
])("takes $name", ({ args, want }) => {
  expect(parseFidelityOptions(args).versions).toEqual(want);
});

test("--quick is a short time of idleness", () => {
  expect(parseFidelityOptions(["--quick"]).idleS).toBe(30);
});

test.each([
  { args: ["--versions", "1.29"], message: /^--versions: expected v1\.30\.4, .* found "1\.29"$/ },
  { args: ["--versions", "1.34.9"], message: /^--versions: .* found "1\.34\.9"$/ },
  { args: ["--nodes", "257"], message: /^--nodes: .* from 1 to 256, found "257"$/ },
  { args: ["--idle", "x"], message: /^--idle: .* found "x"$/ },
  { args: ["--fast"], message: /'--fast'/ },
])("refuses $args", ({ args, message }) => {
  expect(() => parseFidelityOptions(args)).toThrow(UsageError);
  expect(() => parseFidelityOptions(args)).toThrow(message);
});

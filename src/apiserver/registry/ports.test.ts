import { expect, test } from "vitest";
import { portNameErrors, portNumberErrors } from "./ports.ts";

test.each([
  { name: "http", errors: 0 },
  { name: "a1-b2", errors: 0 },
  { name: "exactly15-chars", errors: 0 },
  { name: "sixteen-letters-", errors: 2 },
  { name: "80", errors: 1 },
  { name: "HTTP", errors: 2 },
  { name: "a--b", errors: 1 },
  { name: "-a", errors: 1 },
])("$name as the name of a port has $errors faults", ({ name, errors }) => {
  expect(portNameErrors(name)).toHaveLength(errors);
});

test.each([
  { port: 0, errors: 1 },
  { port: 1, errors: 0 },
  { port: 65_535, errors: 0 },
  { port: 65_536, errors: 1 },
])("$port as a port has $errors faults", ({ port, errors }) => {
  expect(portNumberErrors(port)).toHaveLength(errors);
});

import { expect, test } from "vitest";
import { objectKey, splitObjectKey } from "./object-key.ts";

test.each([
  { key: "default/web", namespace: "default", name: "web" },
  { key: "node-1", name: "node-1" },
])("$key", ({ key, ...ref }) => {
  expect(objectKey(ref)).toBe(key);
  expect(splitObjectKey(key)).toEqual(ref);
});

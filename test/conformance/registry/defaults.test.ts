import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { strategyOf } from "../../../src/apiserver/registry/strategies.ts";
import { printerOf } from "../../../src/apiserver/table/printers.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/k8s/json.ts";
import { type Step, scripts, scriptUrl } from "./play.ts";

/** The objects that the scripts create, one of each kind at least. */
async function samples(): Promise<readonly JsonObject[]> {
  const steps: Step[] = [];
  for (const name of scripts) {
    steps.push(...(load(await readFile(scriptUrl(name), "utf8")) as readonly Step[]));
  }
  return steps
    .filter(({ send }) => send.startsWith("POST"))
    .map(({ body }) => body)
    .filter(isJsonObject);
}

function strategyFor(object: JsonObject): ReturnType<typeof strategyOf> {
  const [version = "", group = ""] = String(object["apiVersion"]).split("/").reverse();
  expect(version).not.toBe("");
  return strategyOf(group, String(object["kind"]));
}

function freeze<T extends JsonValue>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) freeze(member as JsonValue);
  }
  return Object.freeze(value);
}

/** The object without some of its members, at any depth: as incomplete as a client may send it. */
function incomplete(value: JsonValue, keep: () => boolean): JsonValue {
  if (Array.isArray(value)) {
    return value.filter(keep).map((element) => incomplete(element as JsonValue, keep));
  }
  if (!isJsonObject(value)) return value;
  const kept: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(value)) {
    const isType = name === "apiVersion" || name === "kind";
    if (member !== undefined && (isType || keep())) kept[name] = incomplete(member, keep);
  }
  return kept;
}

const objects = await samples();

test("the scripts have objects of many kinds", () => {
  expect(new Set(objects.map(({ kind }) => kind)).size).toBeGreaterThan(25);
});

const anyObject = fc
  .record({ object: fc.constantFrom(...objects), choices: fc.infiniteStream(fc.nat(9)) })
  .map(({ object, choices }) => {
    const next = (): boolean => choices.next().value !== 0;
    return freeze(incomplete(object, next) as JsonObject);
  });

test("defaults set once are not set again, and change nothing in place", () => {
  fc.assert(
    fc.property(anyObject, (object) => {
      const strategy = strategyFor(object);
      const once = freeze(strategy.defaults?.(object) ?? object);
      // The very same object: a write that says nothing new must cost no memory.
      expect(strategy.defaults?.(once) ?? once).toBe(once);
    }),
  );
});

test("no object, however incomplete, breaks validation or its row in a table", () => {
  fc.assert(
    fc.property(anyObject, (object) => {
      const strategy = strategyFor(object);
      const whole = freeze(strategy.defaults?.(object) ?? object);
      for (const cause of strategy.validate?.(whole) ?? []) expect(cause.message).not.toBe("");
      expect(strategy.validateUpdate?.(whole, whole) ?? []).toEqual([]);
      const [, group = ""] = String(object["apiVersion"]).split("/").reverse();
      const printer = printerOf(group, String(object["kind"]));
      expect(printer.cells(whole, 0)).toHaveLength(printer.columns.length);
    }),
  );
});

test("selectable fields are known of an object that has none of them", () => {
  for (const object of objects) {
    const strategy = strategyFor(object);
    const names = Object.keys(strategy.selectableFields?.(object) ?? {});
    expect(Object.keys(strategy.selectableFields?.({}) ?? {})).toEqual(names);
  }
});

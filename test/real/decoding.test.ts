import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ask, createAsk } from "../../scripts/schema/ask-server.ts";
import type { JsonObject, JsonValue } from "../../src/k8s/json.ts";
import { builtInResources } from "../../src/k8s/schema/resource-table.ts";
import { schemaOf } from "../../src/k8s/schema/schema.ts";
import type { ObjectSchema, ResourceInfo } from "../../src/k8s/schema/schema-types.ts";
import { typeError } from "../../src/k8s/schema/type-errors.ts";
import { typedObjects } from "../../src/k8s/schema/typed-objects.fixture.ts";
import { unknownFields } from "../../src/k8s/schema/unknown-fields.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";

let controlPlane: ControlPlane;
let ask: Ask;

beforeAll(async () => {
  const idle = { controllerManager: false, scheduler: false };
  controlPlane = await startControlPlane({ version: "v1.34.4", ...idle });
  ask = await createAsk(controlPlane);
});
afterAll(() => controlPlane[Symbol.asyncDispose]());

/** One change of an object: at one of its paths, or beside it a field that no type has. */
interface Change {
  readonly at: number;
  readonly value: JsonValue;
  readonly beside: boolean;
}

const changes: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  value: fc.constantFrom<JsonValue>("x", 5, 1.5, -1, 99999999999, true, {}, { a: 1 }, null, "5m"),
  beside: fc.boolean(),
});

function pathsOf(value: JsonValue, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const here = [...path, key];
    return [here, ...pathsOf(member ?? null, here)];
  });
}

function changed(object: JsonObject, change: Change): JsonObject {
  const paths = pathsOf(object);
  const path = paths[change.at % Math.max(paths.length, 1)] ?? [];
  const copy = structuredClone(object);
  let parent: Record<string, JsonValue> = Object(copy);
  for (const key of path.slice(0, -1)) parent = Object(parent[key]);
  const besideIsPossible = change.beside && !Array.isArray(parent);
  parent[besideIsPossible ? "noSuchField" : (path.at(-1) ?? "noSuchField")] = change.value;
  return copy;
}

function ourAnswer(object: JsonObject, schema: ObjectSchema): string | undefined {
  const error = typeError(object, schema);
  if (error !== undefined) return error;
  const unknown = unknownFields(object, schema);
  return unknown.length === 0 ? undefined : `strict decoding error: ${unknown.join(", ")}`;
}

async function theirAnswer(object: JsonObject, info: ResourceInfo): Promise<string | undefined> {
  const root = info.group === "" ? "/api" : `/apis/${info.group}`;
  const namespace = info.namespaced ? "/namespaces/default" : "";
  const { bytes } = await ask({
    method: "POST",
    path: `${root}/${info.version}${namespace}/${info.plural}?dryRun=All&fieldValidation=Strict`,
    body: { type: "application/json", bytes: new TextEncoder().encode(JSON.stringify(object)) },
  });
  const { message = "" } = JSON.parse(new TextDecoder().decode(bytes));
  const of = `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: `;
  return message.startsWith(of) ? message.slice(of.length) : undefined;
}

const kinds = ["Pod", "Node", "Deployment", "Lease", "Ingress", "PodDisruptionBudget", "Secret"];

test.each(builtInResources.filter(({ kind }) => kinds.includes(kind)))(
  "a $kind that is not as its type wants it is refused in the server's words",
  async (info) => {
    const schema = schemaOf(info.group, info.version, info.kind);
    if (schema === undefined) throw new Error(`no schema of ${info.kind}`);
    const apiVersion = info.group === "" ? info.version : `${info.group}/${info.version}`;
    const law = fc.asyncProperty(
      typedObjects(schema, 5),
      fc.array(changes, { minLength: 1, maxLength: 3 }),
      async (fields, some) => {
        const object = { apiVersion, kind: info.kind, ...some.reduce(changed, fields) };
        expect(ourAnswer(object, schema)).toBe(await theirAnswer(object, info));
      },
    );
    await fc.assert(law, { numRuns: 40, seed: 1 });
  },
);

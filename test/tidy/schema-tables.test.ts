import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { inputsDigest } from "../../scripts/schema/inputs-digest.ts";
import { schemaVersion } from "../../src/k8s/schema/schema.ts";

// test/real/schema.test.ts generates the tables again and compares; this needs neither Go nor a server.

test.each(["types", "resources"])(
  "the table of %s was generated after the last change of its generator",
  async (table) => {
    const text = await readFile(`src/k8s/schema/${table}.generated.ts`, "utf8");
    expect(text).toContain(`\n// Inputs: ${await inputsDigest("scripts/schema")}\n`);
  },
);

test("the tables are of the version that the Go modules are pinned to", async () => {
  const modules = await readFile("scripts/schema/go.mod", "utf8");
  const pinned = modules.match(/^\tk8s\.io\/\S+ v0\.(\d+\.\d+)/m)?.[1];
  expect(schemaVersion).toBe(`v1.${pinned}`);
});

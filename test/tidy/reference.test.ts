import { expect, test } from "vitest";
import { cliReference, fleetFileReference } from "../../scripts/reference-pages.ts";
import { version } from "../../src/cli/version.ts";
import { readProjectFile } from "./source-files.ts";

test.each([
  { page: "docs/reference/cli.md", generate: cliReference },
  { page: "docs/reference/fleet-file.md", generate: fleetFileReference },
])("$page is fresh: npm run generate", ({ page, generate }) => {
  expect(readProjectFile(page)).toBe(generate());
});

test("the version that is printed is the package's", () => {
  expect(JSON.parse(readProjectFile("package.json"))).toMatchObject({ version });
});

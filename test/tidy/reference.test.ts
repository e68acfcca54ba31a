import { expect, test } from "vitest";
import { profilesReference } from "../../scripts/profiles-page.ts";
import { cliReference, fleetFileReference } from "../../scripts/reference-pages.ts";
import { version } from "../../src/cli/version.ts";
import { readProjectFile } from "./source-files.ts";

test.each([
  { page: "docs/reference/cli.md", generate: cliReference },
  { page: "docs/reference/fleet-file.md", generate: fleetFileReference },
  { page: "docs/reference/profiles.md", generate: profilesReference },
])("$page is fresh: npm run generate", ({ page, generate }) => {
  expect(readProjectFile(page)).toBe(generate());
});

test("the version that is printed is the package's", () => {
  expect(JSON.parse(readProjectFile("package.json"))).toMatchObject({ version });
});

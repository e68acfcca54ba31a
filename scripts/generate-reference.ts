import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { profilesReference } from "./profiles-page.ts";
import { cliReference, fleetFileReference } from "./reference-pages.ts";

/** Writes the generated pages of `docs/reference/`. A test holds them against the tables. */
const folder = fileURLToPath(new URL("../../docs/reference/", import.meta.url));
writeFileSync(`${folder}cli.md`, cliReference());
writeFileSync(`${folder}fleet-file.md`, fleetFileReference());
writeFileSync(`${folder}profiles.md`, profilesReference());

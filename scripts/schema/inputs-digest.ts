import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * A digest of what the generated tables are made by: the pinned modules and all programs in
 * `folder`, which is `scripts/schema`. The tables carry it, so that a test can tell without Go and
 * without a server that they were generated after the last change.
 */
export async function inputsDigest(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const names = (await readdir(folder)).filter((name) => /\.(?:go|mod|sum|ts)$/.test(name));
  for (const name of names.sort()) {
    hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  }
  return hash.digest("hex");
}

/**
 * Writes src/k8s/schema/*.generated.ts from the pinned Go modules of scripts/schema and a running
 * kube-apiserver. Run from the root of the repository:
 *
 *     npm run generate:schema -- [URL TOKEN CA-FILE]
 *
 * Without a server to ask it starts one (test/control-plane). Needs Go.
 */
import { writeFile } from "node:fs/promises";
import { startControlPlane } from "../test/control-plane/control-plane.ts";
import { createAsk, type ServerAccess } from "./schema/ask-server.ts";
import { collectGoFacts, collectServerFacts } from "./schema/collect-facts.ts";
import { generatedFiles } from "./schema/generated-files.ts";
import { inputsDigest } from "./schema/inputs-digest.ts";

const folder = "scripts/schema";

async function generate(access: ServerAccess): Promise<void> {
  const go = await collectGoFacts(folder);
  const server = await collectServerFacts(await createAsk(access));
  const files = generatedFiles(go, server, await inputsDigest(folder));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(`src/k8s/schema/${name}`, text);
    console.log(`src/k8s/schema/${name}: ${text.length} characters`);
  }
}

const [url, adminToken, caFile] = process.argv.slice(2);
if (url !== undefined && adminToken !== undefined && caFile !== undefined) {
  await generate({ url, adminToken, caFile });
} else {
  await using controlPlane = await startControlPlane({
    version: "v1.34.4",
    controllerManager: false,
    scheduler: false,
  });
  await generate(controlPlane);
}

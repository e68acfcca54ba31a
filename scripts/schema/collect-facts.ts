import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Ask } from "./ask-server.ts";
import type { DiscoveredGroup, GoFacts, OpenApiSchema, ServerFacts } from "./facts.ts";

const aggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Runs the Go program in `folder`, that is, in `scripts/schema`. */
export async function collectGoFacts(folder: string): Promise<GoFacts> {
  const { stdout } = await promisify(execFile)("go", ["run", "."], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}

export async function collectServerFacts(ask: Ask): Promise<ServerFacts> {
  const groups: DiscoveredGroup[] = [];
  for (const root of ["/api", "/apis"]) {
    groups.push(...(await getJson(ask, root, aggregatedDiscovery)).items);
  }
  const schemas: Record<string, OpenApiSchema> = {};
  const index = await getJson(ask, "/openapi/v3");
  for (const path of Object.keys(index.paths)) {
    if (!/^(api|apis\/[^/]+)\/[^/]+$/.test(path)) continue;
    Object.assign(schemas, (await getJson(ask, `/openapi/v3/${path}`)).components.schemas);
  }
  const version: string = (await getJson(ask, "/version")).gitVersion;
  return { version, groups, schemas };
}

async function getJson(ask: Ask, path: string, accept?: string) {
  const { status, bytes } = await ask({ path, ...(accept === undefined ? {} : { accept }) });
  const text = new TextDecoder().decode(bytes);
  if (status !== 200) throw new Error(`GET ${path}: HTTP ${status}: ${text}`);
  return JSON.parse(text);
}

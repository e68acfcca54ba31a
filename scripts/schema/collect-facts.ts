import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { promisify } from "node:util";
import type { DiscoveredGroup, GoFacts, OpenApiSchema, ServerFacts } from "./facts.ts";

/** How to reach a running kube-apiserver as an administrator. */
export interface ServerAccess {
  readonly url: string;
  readonly adminToken: string;
  /** The path of a PEM file. */
  readonly caFile: string;
}

const aggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Runs the Go program in `folder`, that is, in `scripts/schema`. */
export async function collectGoFacts(folder: string): Promise<GoFacts> {
  const { stdout } = await promisify(execFile)("go", ["run", "."], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}

export async function collectServerFacts(access: ServerAccess): Promise<ServerFacts> {
  const ca = await readFile(access.caFile, "utf8");
  const get = (path: string, accept = "application/json"): Promise<string> =>
    fetchText(new URL(path, access.url), { ca, token: access.adminToken, accept });

  const groups: DiscoveredGroup[] = [];
  for (const root of ["/api", "/apis"]) {
    groups.push(...JSON.parse(await get(root, aggregatedDiscovery)).items);
  }
  const schemas: Record<string, OpenApiSchema> = {};
  const index: { paths: Record<string, unknown> } = JSON.parse(await get("/openapi/v3"));
  for (const path of Object.keys(index.paths)) {
    if (!/^(api|apis\/[^/]+)\/[^/]+$/.test(path)) continue;
    Object.assign(schemas, JSON.parse(await get(`/openapi/v3/${path}`)).components.schemas);
  }
  const version: string = JSON.parse(await get("/version")).gitVersion;
  return { version, groups, schemas };
}

function fetchText(
  url: URL,
  options: { readonly ca: string; readonly token: string; readonly accept: string },
): Promise<string> {
  const headers = { accept: options.accept, authorization: `Bearer ${options.token}` };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca: options.ca, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`GET ${url.pathname}: HTTP ${response.statusCode}: ${text}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

import type { Env } from "../base/env.ts";
import type { ServerConnection } from "../client/index.ts";
import { ApiError } from "../k8s/status.ts";
import type { NetworkOptions } from "./cluster-options.ts";
import { openConnections } from "./connections.ts";
import { type ControlPlane, ControlPlaneError } from "./control-plane.ts";
import { missingRights, type Purpose } from "./rights.ts";
import { readServerVersion } from "./server-version.ts";

/** The minor versions of Kubernetes 1 that fleets are tested on. */
const oldestMinor = 30;
const newestMinor = 36;

/**
 * Comes in at an existing cluster, and makes sure that it can be used before anything is written:
 * it answers, its version is supported, and these credentials may do what they are to do.
 *
 * @throws ControlPlaneError or TransportError, a line each
 */
export async function connectExisting(
  connection: ServerConnection,
  purpose: Purpose,
  env: Env,
  signal: AbortSignal,
  network: NetworkOptions = {},
): Promise<ControlPlane> {
  const connections = openConnections(connection, network, env);
  try {
    const client = connections.connect(purpose.name);
    const version = await readServerVersion(client, connection.server, signal);
    checkVersion(version, connection.server, env);
    const missing = await missingRights(client, purpose.rights, signal);
    if (missing.length > 0) {
      const list = missing.join(", ");
      throw new ControlPlaneError(`${connection.server}: these credentials may not ${list}`);
    }
    return {
      kind: "existing",
      url: connection.server,
      version,
      access: undefined,
      ...connections,
    };
  } catch (error) {
    await connections[Symbol.asyncDispose]();
    if (error instanceof ApiError) throw toControlPlaneError(error, connection.server);
    throw error;
  }
}

function checkVersion(version: string, server: string, { log }: Pick<Env, "log">): void {
  const minor = Number(/^v1\.(\d+)\b/.exec(version)?.[1] ?? Number.NaN);
  if (!(minor >= oldestMinor)) {
    const expected = `expected v1.${oldestMinor} or newer`;
    const problem = `unsupported Kubernetes version: ${expected}, found ${version}`;
    throw new ControlPlaneError(`${server}: ${problem}`);
  }
  if (minor > newestMinor) {
    log.warn("The server is newer than what this version was tested on", {
      found: version,
      tested: `v1.${newestMinor}`,
    });
  }
}

function toControlPlaneError(error: ApiError, server: string): ControlPlaneError {
  const why = error.code === 401 ? "the server refuses the credentials" : error.message;
  return new ControlPlaneError(`${server}: ${why}`, { cause: error });
}

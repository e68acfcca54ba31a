import { spawn } from "node:child_process";
import type { Env } from "../base/env.ts";
import { parseTime } from "../base/rfc3339.ts";
import { isJsonObject, type JsonObject } from "../k8s/json.ts";
import { TransportError } from "../k8s/transport.ts";
import type { ClientCertificate, Credentials } from "./credentials.ts";
import type { ExecPlugin } from "./kubeconfig-parse.ts";
import type { Variables } from "./proxy-environment.ts";

/** What a plug-in that asks for it is told of the cluster (`provideClusterInfo`). */
export type ExecCluster = JsonObject;

interface ExecResult {
  readonly authorization: string | undefined;
  readonly certificate: ClientCertificate | undefined;
  /** Until when it is good. Without an end it is good as long as the server takes it. */
  readonly untilMs: number;
}

const apiGroup = "client.authentication.k8s.io";
const knownVersions = [`${apiGroup}/v1`, `${apiGroup}/v1beta1`];
/** A plug-in may wait for a browser, but not for ever. */
const timeoutMs = 120_000;
const outputBytesMax = 1_024 * 1_024;

/**
 * Credentials from a plug-in: run when they are first needed, when they expire, and when the server
 * does not accept them. Rejects with a TransportError (`credentials`) that says what the plug-in said.
 */
export function execCredentials(
  plugin: ExecPlugin,
  cluster: ExecCluster,
  variables: Variables,
  { clock }: Pick<Env, "clock">,
): Credentials {
  let known: ExecResult | undefined;
  let running: Promise<ExecResult> | undefined;

  function run(): Promise<ExecResult> {
    running ??= runPlugin(plugin, cluster, variables, { clock })
      .then((output) => {
        known = parseOutput(output, plugin);
        return known;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }
  const isGood = (): boolean => known !== undefined && clock.nowMs() < known.untilMs;

  return {
    authorization() {
      if (known !== undefined && isGood()) return known.authorization;
      return run().then(({ authorization }) => authorization);
    },
    async rejected(authorization) {
      // Another request may have renewed it meanwhile.
      if (known !== undefined && known.authorization !== authorization) return true;
      const before = known?.certificate?.cert;
      const renewed = await run();
      return renewed.authorization !== authorization || renewed.certificate?.cert !== before;
    },
    async clientCertificate() {
      return known !== undefined && isGood() ? known.certificate : (await run()).certificate;
    },
  };
}

function failed({ command }: ExecPlugin, problem: string, cause?: unknown): TransportError {
  return new TransportError("credentials", `exec plug-in ${command}: ${problem}`, cause);
}

function runPlugin(
  plugin: ExecPlugin,
  cluster: ExecCluster,
  variables: Variables,
  { clock }: Pick<Env, "clock">,
): Promise<string> {
  if (!knownVersions.includes(plugin.apiVersion)) {
    const expected = knownVersions.join(" or ");
    throw failed(plugin, `expected apiVersion ${expected}, found ${plugin.apiVersion}`);
  }
  if (plugin.interactiveMode === "Always") {
    throw failed(plugin, "it wants a terminal (interactiveMode: Always), and there is none");
  }
  const spec = {
    interactive: false,
    ...(plugin.provideClusterInfo ? { cluster } : {}),
  };
  const info = { kind: "ExecCredential", apiVersion: plugin.apiVersion, spec };
  const env = { ...variables, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    const timer = clock.schedule(timeoutMs, () => child.kill("SIGKILL"));
    child.stdout.on("data", (chunk: Buffer) => {
      if (output.length < outputBytesMax) output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (errors.length < outputBytesMax) errors += chunk.toString();
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      timer.cancel();
      const problem = error.code === "ENOENT" ? "not found" : error.message;
      const hint = plugin.installHint === undefined ? "" : ` (${plugin.installHint.trim()})`;
      reject(failed(plugin, `${problem}${hint}`, error));
    });
    child.on("close", (code, signal) => {
      timer.cancel();
      if (code === 0) resolve(output);
      else {
        const how = code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
        const said = errors.trim().split("\n", 1)[0] ?? "";
        reject(failed(plugin, said === "" ? how : `${how}: ${said}`));
      }
    });
  });
}

function parseOutput(output: string, plugin: ExecPlugin): ExecResult {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch (error) {
    throw failed(plugin, "expected an ExecCredential in JSON, found something else", error);
  }
  if (!isJsonObject(value) || value["kind"] !== "ExecCredential") {
    throw failed(plugin, "expected an ExecCredential, found something else");
  }
  if (value["apiVersion"] !== plugin.apiVersion) {
    const found = JSON.stringify(value["apiVersion"]);
    throw failed(plugin, `expected apiVersion ${plugin.apiVersion}, found ${found}`);
  }
  const status = isJsonObject(value["status"]) ? value["status"] : {};
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  const certificate =
    typeof cert === "string" && typeof key === "string" ? { cert, key } : undefined;
  if ((typeof token !== "string" || token === "") && certificate === undefined) {
    throw failed(plugin, "its status holds neither a token nor a client certificate with its key");
  }
  const untilMs =
    typeof expirationTimestamp === "string" ? parseTime(expirationTimestamp) : undefined;
  return {
    authorization: typeof token === "string" && token !== "" ? `Bearer ${token}` : undefined,
    certificate,
    untilMs: untilMs ?? Number.POSITIVE_INFINITY,
  };
}

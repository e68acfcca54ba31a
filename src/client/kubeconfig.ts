import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Env } from "../base/env.ts";
import { parseTime, toTime } from "../base/rfc3339.ts";
import type { Impersonation, ServerConnection, TlsOptions } from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import { execCredentials } from "./exec-credentials.ts";
import { inClusterConnection, isInCluster } from "./in-cluster.ts";
import { fileProblem, KubeconfigError } from "./kubeconfig-error.ts";
import {
  type FileOrData,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigUser,
  mergeKubeconfigs,
  parseKubeconfig,
} from "./kubeconfig-parse.ts";
import { proxyFromEnvironment, type Variables } from "./proxy-environment.ts";
import { basicAuth, bearerToken, tokenFile } from "./token-credentials.ts";

export interface KubeconfigOptions {
  /** One file. Default: those of `KUBECONFIG`, else `~/.kube/config`, else the pod that we run in. */
  readonly path?: string;
  /** Default: the current context of the files. */
  readonly context?: string;
  /** The environment: `KUBECONFIG`, proxies, what plug-ins get. Default `process.env`. */
  readonly variables?: Variables;
}

/** A way to a cluster, and how its kubeconfig calls it. */
export interface ClusterConnection extends ServerConnection {
  readonly contextName: string;
  /** The namespace of the context, where it names one. */
  readonly namespace?: string;
}

/**
 * Finds the way to a cluster as kubectl does. All files but tokens are read here, and client
 * certificates are checked, so that what is wrong shows before anything is done.
 *
 * @throws KubeconfigError in one line
 */
export async function loadKubeconfig(
  options: KubeconfigOptions,
  env: Pick<Env, "clock" | "log">,
): Promise<ClusterConnection> {
  const variables = options.variables ?? process.env;
  const { files, config } = await readFiles(options.path, variables);
  if (files.length === 0) {
    if (isInCluster(variables)) return inClusterConnection(variables, env);
    throw new KubeconfigError("no kubeconfig: give one, or set KUBECONFIG");
  }
  return connectionOf(config, files.join(", "), options.context, variables, env);
}

/** Reads what there is. Of several files some may be missing; one that is asked for by name may not. */
async function readFiles(
  path: string | undefined,
  variables: Variables,
): Promise<{ readonly files: readonly string[]; readonly config: Kubeconfig }> {
  const fromList = (variables["KUBECONFIG"] ?? "").split(delimiter).filter((name) => name !== "");
  const isList = path === undefined && fromList.length > 0;
  const fallback = join(variables["HOME"] ?? homedir(), ".kube", "config");
  const wanted = path !== undefined ? [path] : isList ? fromList : [fallback];
  const files: string[] = [];
  const configs: Kubeconfig[] = [];
  for (const file of wanted) {
    try {
      const text = await readFile(file, "utf8");
      configs.push(await parseKubeconfig(text, file));
      files.push(file);
    } catch (error) {
      if (error instanceof KubeconfigError) throw error;
      const problem = fileProblem(error);
      const mayBeMissing = path === undefined && problem === "no such file";
      if (!mayBeMissing) throw new KubeconfigError(`${file}: ${problem}`, { cause: error });
    }
  }
  if (isList && files.length === 0) {
    throw new KubeconfigError(`KUBECONFIG: no such file: ${fromList.join(", ")}`);
  }
  return { files, config: mergeKubeconfigs(configs) };
}

async function connectionOf(
  config: Kubeconfig,
  source: string,
  wanted: string | undefined,
  variables: Variables,
  env: Pick<Env, "clock" | "log">,
): Promise<ClusterConnection> {
  const contextName = wanted ?? config.currentContext;
  if (contextName === undefined) {
    throw new KubeconfigError(
      `${source}: no current context; ${known("contexts", config.contexts)}`,
    );
  }
  const context = lookUp(config.contexts, "context", contextName, source);
  const cluster = lookUp(config.clusters, "cluster", context.cluster, source);
  const user =
    context.user === undefined ? undefined : lookUp(config.users, "user", context.user, source);

  const tls = await tlsOf(cluster, user, source, env);
  const credentials = user && credentialsOf(user, cluster, tls, variables, env);
  const proxyUrl = cluster.proxyUrl ?? proxyFromEnvironment(cluster.server, variables);
  const impersonation = user && impersonationOf(user);
  return {
    server: cluster.server,
    tls,
    ...(credentials === undefined ? {} : { credentials }),
    ...(impersonation === undefined ? {} : { impersonation }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    contextName,
    ...(context.namespace === undefined ? {} : { namespace: context.namespace }),
  };
}

function lookUp<V>(map: ReadonlyMap<string, V>, kind: string, name: string, source: string): V {
  const found = map.get(name);
  if (found !== undefined) return found;
  throw new KubeconfigError(`${source}: no ${kind} "${name}"; ${known(`${kind}s`, map)}`);
}

function known(kinds: string, map: ReadonlyMap<string, unknown>): string {
  if (map.size === 0) return `there are no ${kinds}`;
  const names = [...map.keys()];
  const more = names.length > 10 ? `, and ${names.length - 10} more` : "";
  return `there are the ${kinds} ${names.slice(0, 10).join(", ")}${more}`;
}

async function tlsOf(
  cluster: KubeconfigCluster,
  user: KubeconfigUser | undefined,
  source: string,
  env: Pick<Env, "clock">,
): Promise<TlsOptions> {
  const ca = await content(cluster.certificateAuthority, "certificate-authority", source);
  const cert = user && (await content(user.clientCertificate, "client-certificate", source));
  const key = user && (await content(user.clientKey, "client-key", source));
  if (cert !== undefined) {
    if (key === undefined) {
      throw new KubeconfigError(`${source}: there is a client-certificate, but no client-key`);
    }
    checkCertificate(cert, source, env);
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    insecure: cluster.insecureSkipTlsVerify,
  };
}

/** Data goes before a file, as in kubectl. */
async function content(
  { file, data }: FileOrData,
  what: string,
  source: string,
): Promise<string | undefined> {
  if (data !== undefined) {
    const text = Buffer.from(data, "base64").toString("latin1");
    if (text.includes("-----BEGIN ")) return text;
    throw new KubeconfigError(`${source}: ${what}-data: expected PEM in base64`);
  }
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "latin1");
  } catch (error) {
    throw new KubeconfigError(`${source}: ${what}: ${file}: ${fileProblem(error)}`, {
      cause: error,
    });
  }
}

/** An expired certificate would only show as a failed handshake, or as an anonymous user. */
function checkCertificate(pem: string, where: string, { clock }: Pick<Env, "clock">): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw new KubeconfigError(`${where}: the client certificate is not a certificate in PEM`, {
      cause: error,
    });
  }
  const endMs = parseTime(certificate.validTo);
  if (endMs !== undefined && endMs < clock.nowMs()) {
    throw new KubeconfigError(`${where}: the client certificate expired at ${toTime(endMs)}`);
  }
}

function credentialsOf(
  user: KubeconfigUser,
  cluster: KubeconfigCluster,
  tls: TlsOptions,
  variables: Variables,
  env: Pick<Env, "clock" | "log">,
): Credentials | undefined {
  if (user.tokenFile !== undefined) return tokenFile(user.tokenFile, env);
  if (user.token !== undefined) return bearerToken(user.token);
  if (user.username !== undefined) return basicAuth(user.username, user.password ?? "");
  if (user.exec === undefined) return undefined;
  const info = {
    server: cluster.server,
    "tls-server-name": cluster.tlsServerName,
    "insecure-skip-tls-verify": cluster.insecureSkipTlsVerify ? true : undefined,
    "certificate-authority-data":
      tls.ca === undefined ? undefined : Buffer.from(tls.ca).toString("base64"),
    "proxy-url": cluster.proxyUrl,
  };
  return execCredentials(user.exec, info, variables, env);
}

function impersonationOf(user: KubeconfigUser): Impersonation | undefined {
  const { impersonate, impersonateUid, impersonateGroups, impersonateExtra } = user;
  if (impersonate === undefined) return undefined;
  return {
    user: impersonate,
    ...(impersonateUid === undefined ? {} : { uid: impersonateUid }),
    groups: impersonateGroups,
    extra: impersonateExtra,
  };
}

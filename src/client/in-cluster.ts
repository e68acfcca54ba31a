import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { Env } from "../base/env.ts";
import type { ClusterConnection } from "./kubeconfig.ts";
import { fileProblem, KubeconfigError } from "./kubeconfig-error.ts";
import type { Variables } from "./proxy-environment.ts";
import { tokenFile } from "./token-credentials.ts";

/** Where a pod finds its service account. */
const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Whether we run in a pod that knows its cluster. */
export function isInCluster(variables: Variables): boolean {
  return Boolean(variables["KUBERNETES_SERVICE_HOST"] && variables["KUBERNETES_SERVICE_PORT"]);
}

/** The cluster of the pod that we run in, as its service account. @throws KubeconfigError */
export async function inClusterConnection(
  variables: Variables,
  env: Pick<Env, "clock" | "log">,
  folder: string = serviceAccountFolder,
): Promise<ClusterConnection> {
  const host = variables["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = variables["KUBERNETES_SERVICE_PORT"] ?? "";
  const ca = await read(`${folder}/ca.crt`);
  const namespace = (await read(`${folder}/namespace`)).trim();
  return {
    server: `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    tls: { ca },
    credentials: tokenFile(`${folder}/token`, env),
    contextName: "in-cluster",
    ...(namespace === "" ? {} : { namespace }),
  };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new KubeconfigError(`in-cluster: ${file}: ${fileProblem(error)}`, { cause: error });
  }
}

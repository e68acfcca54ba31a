import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";

/** How to reach a running kube-apiserver as an administrator. */
export interface ServerAccess {
  readonly url: string;
  readonly adminToken: string;
  /** The path of a PEM file. */
  readonly caFile: string;
}

interface Question {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** Default `application/json`. */
  readonly accept?: string;
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
}

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

export type Ask = (question: Question) => Promise<Answer>;

export async function createAsk({ url, adminToken, caFile }: ServerAccess): Promise<Ask> {
  const agent = new Agent({ ca: await readFile(caFile) });
  return ({ method = "GET", path, accept = "application/json", body }) =>
    new Promise((resolve, reject) => {
      const headers = {
        accept,
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { "content-type": body.type }),
      };
      const outgoing = request(new URL(path, url), { agent, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) });
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body?.bytes);
    });
}

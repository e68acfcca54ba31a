import { readFile } from "node:fs/promises";
import type { Env } from "../base/env.ts";
import { TransportError } from "../k8s/transport.ts";
import type { Credentials } from "./credentials.ts";
import { fileProblem } from "./kubeconfig-error.ts";

/** A token that never changes. */
export function bearerToken(token: string): Credentials {
  const authorization = `Bearer ${token}`;
  return { authorization: () => authorization };
}

export function basicAuth(username: string, password: string): Credentials {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return { authorization: () => authorization };
}

/** How long a token of a file is good without a look at the file: it is replaced long before it expires. */
const rereadMs = 60_000;

/**
 * A token in a file that somebody renews, such as a service account's. It is read again once a
 * minute and when the server does not accept it; when that fails, the last one stays in use.
 */
export function tokenFile(path: string, { clock, log }: Pick<Env, "clock" | "log">): Credentials {
  let known: { readonly authorization: string; readonly untilMs: number } | undefined;
  let reading: Promise<string> | undefined;

  async function read(): Promise<string> {
    try {
      const token = (await readFile(path, "utf8")).trim();
      if (token === "") throw new Error("it is empty");
      known = { authorization: `Bearer ${token}`, untilMs: clock.monotonicMs() + rereadMs };
    } catch (error) {
      if (known === undefined) {
        throw new TransportError("credentials", `token file ${path}: ${fileProblem(error)}`, error);
      }
      log.warn("a token file cannot be read; the last token stays in use", { path, error });
      known = { ...known, untilMs: clock.monotonicMs() + rereadMs };
    } finally {
      reading = undefined;
    }
    return known.authorization;
  }

  return {
    authorization() {
      if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.authorization;
      reading ??= read();
      return reading;
    },
    async rejected(authorization) {
      reading ??= read();
      return (await reading) !== authorization;
    },
  };
}

import { request } from "node:https";

/** Who asks {@link httpStatus}, and whom to trust. */
export interface ProbeOptions {
  /** Bearer token. Default: none. */
  readonly token?: string;
  /** PEM of the authority to trust. Default: any certificate is good, as for a health check. */
  readonly ca?: Buffer;
}

const timeoutMs = 5_000;

/** The status code of a GET over HTTPS, or undefined if there was no answer. */
export function httpStatus(url: string, options: ProbeOptions = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = request(
      url,
      {
        agent: false,
        timeout: timeoutMs,
        ...(options.token === undefined
          ? {}
          : { headers: { authorization: `Bearer ${options.token}` } }),
        ...(options.ca === undefined ? { rejectUnauthorized: false } : { ca: options.ca }),
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(undefined));
    probe.end();
  });
}

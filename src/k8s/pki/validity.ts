import { X509Certificate } from "node:crypto";
import { parseTime } from "../../base/rfc3339.ts";

/** From when until when a certificate is good, in milliseconds since the Unix epoch. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Of a certificate in PEM; undefined for what is none. */
export function validityOf(pem: string | Uint8Array): Validity | undefined {
  try {
    // `Nov 24 11:00:00 2027 GMT`, which is parsed as an RFC 3339 time is.
    const { validFrom, validTo } = new X509Certificate(Buffer.from(pem));
    const notBeforeMs = parseTime(validFrom);
    const notAfterMs = parseTime(validTo);
    return notBeforeMs === undefined || notAfterMs === undefined
      ? undefined
      : { notBeforeMs, notAfterMs };
  } catch {
    return undefined;
  }
}

import type { KeyObject } from "node:crypto";
import type { Subject } from "./distinguished-name.ts";

/** What an authority is to put its name to. */
export interface CertificateToSign {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  /** DNS names and IP addresses are only of servers. */
  readonly use:
    | { readonly kind: "client" }
    | { readonly kind: "server"; readonly hosts: readonly string[] };
  /** How long it is asked to be good for, in milliseconds. Default: as long as the authority likes. */
  readonly validForMs?: number;
}

/** Signs a certificate, and gives it in PEM. */
export type CertificateSigner = (request: CertificateToSign) => string;

import type { KubeObject } from "./meta.ts";

export interface CertificateSigningRequestCondition {
  readonly type: "Approved" | "Denied" | "Failed" | (string & {});
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

export interface CertificateSigningRequest extends KubeObject {
  readonly spec: {
    /** A PKCS#10 request in PEM, in base64. */
    readonly request: string;
    readonly signerName: string;
    readonly expirationSeconds?: number;
    readonly usages?: readonly string[];
    /** Who asks, as the API server found it. */
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
  };
  readonly status?: {
    readonly conditions?: readonly CertificateSigningRequestCondition[];
    /** In PEM, in base64. */
    readonly certificate?: string;
  };
}

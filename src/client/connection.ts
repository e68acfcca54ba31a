import type { Credentials } from "./credentials.ts";

/** Certificates and keys are PEM. */
export interface TlsOptions {
  /** Whom to trust. Default: the authorities that Node knows. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have. Default: the server's host. */
  readonly serverName?: string;
  /** Whether to take any certificate. Default false. */
  readonly insecure?: boolean;
}

/** As whom to act (`--as`): the server must allow it. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Where an API server is and how to come in: what a kubeconfig says, with all files read. */
export interface ServerConnection {
  /** `https://host:6443`, with a path when it is behind one. */
  readonly server: string;
  readonly tls?: TlsOptions;
  readonly credentials?: Credentials;
  readonly impersonation?: Impersonation;
  /** An HTTP proxy, `http://` or `https://`. Default: none; the environment is read with the kubeconfig. */
  readonly proxyUrl?: string;
}

/** Headers that go with every request for `impersonation`. */
export function impersonationHeaders(
  impersonation: Impersonation | undefined,
): Readonly<Record<string, string | string[]>> {
  if (impersonation === undefined) return {};
  const { user, uid, groups = [], extra = {} } = impersonation;
  const headers: Record<string, string | string[]> = { "impersonate-user": user };
  if (uid !== undefined) headers["impersonate-uid"] = uid;
  if (groups.length > 0) headers["impersonate-group"] = [...groups];
  for (const [name, values] of Object.entries(extra)) {
    headers[`impersonate-extra-${encodeURIComponent(name).toLowerCase()}`] = [...values];
  }
  return headers;
}

/** A client certificate and its key, both PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Who we are, as far as requests show it. */
export interface Credentials {
  /** The `authorization` header; at once when it is at hand, which it nearly always is. */
  authorization(): string | undefined | Promise<string | undefined>;
  /**
   * The server did not accept `authorization`. Resolves to whether there may be another now, so that
   * the request is worth one more try.
   */
  rejected?(authorization: string | undefined): Promise<boolean>;
  /** In place of the one of the connection. */
  clientCertificate?(): Promise<ClientCertificate | undefined>;
}

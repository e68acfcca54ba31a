/** One block of a PEM text (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `CERTIFICATE REQUEST`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----\s*\n([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

export function encodePem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The blocks of a text, whatever stands between them. */
export function decodePem(text: string): readonly PemBlock[] {
  return [...text.matchAll(block)].map(([, label = "", content = ""]) => ({
    label,
    bytes: Buffer.from(content, "base64"),
  }));
}

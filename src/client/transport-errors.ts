import { TransportError, type TransportErrorReason } from "../k8s/transport.ts";

interface Explanation {
  readonly reason: TransportErrorReason;
  readonly text: string;
}

const lost = (text: string): Explanation => ({ reason: "connection-lost", text });
const tls = (text: string): Explanation => ({ reason: "tls", text });
const unreachable = (text: string): Explanation => ({ reason: "unreachable", text });
const protocol = (text: string): Explanation => ({ reason: "protocol", text });

const untrusted = tls("its certificate is signed by an unknown authority");
const refusedCertificate = tls("the server refuses the client certificate");
const noTls = protocol("what answers does not speak TLS; is it an http:// server?");

/** By the code of a Node or OpenSSL error. */
const explanations: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: unreachable("connection refused"),
  EHOSTUNREACH: unreachable("no route to host"),
  ENETUNREACH: unreachable("network is unreachable"),
  EADDRNOTAVAIL: unreachable("no address to connect from"),
  ETIMEDOUT: { reason: "timeout", text: "connection timed out" },
  ENOTFOUND: unreachable("no such host"),
  EAI_AGAIN: unreachable("the name cannot be looked up at the moment"),
  ECONNRESET: lost("connection reset by peer"),
  EPIPE: lost("broken pipe"),
  ERR_STREAM_PREMATURE_CLOSE: lost("the connection was closed"),
  ERR_HTTP2_GOAWAY_SESSION: lost("the server is closing the connection"),
  ERR_HTTP2_INVALID_SESSION: lost("the connection was closed"),
  ERR_HTTP2_STREAM_CANCEL: lost("the connection was closed"),
  ERR_HTTP2_STREAM_ERROR: lost("the server broke the request off"),
  ERR_HTTP2_SESSION_ERROR: lost("the server closed the connection with an error"),
  CERT_HAS_EXPIRED: tls("its certificate has expired"),
  CERT_NOT_YET_VALID: tls("its certificate is not valid yet"),
  ERR_TLS_CERT_ALTNAME_INVALID: tls("its certificate is for another name"),
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: tls("the server asks for a client certificate"),
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refusedCertificate,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: refusedCertificate,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: tls("the client certificate has expired"),
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: refusedCertificate,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: tls("the server speaks another version of TLS"),
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_HTTP_REQUEST: noTls,
  EPROTO: noTls,
  ERR_HTTP2_ERROR: protocol("what answers does not speak HTTP/2"),
};

/** A failure of Node's network, in one line: `connect 127.0.0.1:6443: connection refused`. */
export function toTransportError(error: unknown, where: string): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  const known = explanations[code];
  if (known !== undefined) {
    const detail = code === "ERR_TLS_CERT_ALTNAME_INVALID" ? ` (${messageOf(error)})` : "";
    return new TransportError(known.reason, `${where}: ${known.text}${detail}`, error);
  }
  if (code.startsWith("HPE_")) {
    return new TransportError("protocol", `${where}: what answers does not speak HTTP`, error);
  }
  const reason =
    code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") ? "tls" : "connection-lost";
  return new TransportError(reason, `${where}: ${messageOf(error)}`, error);
}

/** Of an attempt at several addresses of a name, the first one's. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}

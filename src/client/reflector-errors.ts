import { ApiError } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";

/** The server has forgotten that version: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.code === 410;
}

/** The server does not know that version yet (storage, `NewTooLargeResourceVersionError`). */
export function isTooLargeVersion(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const causes = error.status.details?.causes ?? [];
  return causes.some(({ reason }) => reason === "ResourceVersionTooLarge");
}

/** Nobody listens, or the server is busy: what is known may well be watched on a little later. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 429;
  return error instanceof TransportError && error.reason === "unreachable";
}

/**
 * The connection was closed under a watch, which is then over as by its timeout. That of a peer that
 * does not answer to pings has the reason `timeout`, and is a failure.
 */
export function isEndOfConnection(error: unknown): boolean {
  return error instanceof TransportError && error.reason === "connection-lost";
}

/** How long the server asks to wait, in milliseconds. */
export function retryAfterMs(error: unknown): number {
  if (!(error instanceof ApiError)) return 0;
  return (error.status.details?.retryAfterSeconds ?? 0) * 1_000;
}

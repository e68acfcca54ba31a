/** Why a node has no certificate. */
export type IdentityErrorReason = "Denied" | "Failed" | "Deleted" | "TimedOut" | "Unusable";

export class IdentityError extends Error {
  override readonly name = "IdentityError";
  readonly reason: IdentityErrorReason;

  constructor(reason: IdentityErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

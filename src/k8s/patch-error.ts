/** The HTTP status that an API server answers a patch with that it cannot apply. */
export type PatchErrorCode =
  /** The patch is malformed. */
  | 400
  /** The patch is well-formed, and does not fit the object. */
  | 422
  /** What the API server has no code for, such as a list element without its merge key. */
  | 500;

/**
 * A patch that cannot be applied. The message is the one of the API server's libraries; for 422
 * the server shows it to nobody and answers `rejectedPatchMessage`.
 */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly code: PatchErrorCode;
  constructor(code: PatchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** `errors.NewGenericServerResponse` for a 422. */
export const rejectedPatchMessage =
  "the server rejected our request due to an error in our request";

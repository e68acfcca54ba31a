/** Thrown when something that must hold does not: a bug of ours, never a fault of the input. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** States what must hold. @throws AssertionError if it does not. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

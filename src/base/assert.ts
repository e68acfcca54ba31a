/** Thrown when something that must hold does not: a bug of ours, never a fault of the input. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** States what must hold. @throws AssertionError if it does not. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The end of an exhaustive switch: a new member of the union fails to compile here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}

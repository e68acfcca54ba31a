/** One encoded value: its tag, what is in it, and the whole of it. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly encoded: Uint8Array;
}

/** What is no DER, or other than what is expected. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** Four bytes of length are more than any certificate has. */
const lengthBytesMax = 4;

/**
 * The values that stand one after the other, as far as X.690 is used in certificates: tags of one
 * byte, definite lengths.
 *
 * @throws DerError
 */
export function readDerValues(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  let start = 0;
  while (start < bytes.length) {
    const tag = bytes[start] ?? 0;
    if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of more than one byte");
    const { length, size } = lengthAt(bytes, start + 1);
    const first = start + 1 + size;
    const end = first + length;
    if (end > bytes.length) throw new DerError("a value that ends after its container");
    values.push({
      tag,
      content: bytes.subarray(first, end),
      encoded: bytes.subarray(start, end),
    });
    start = end;
  }
  return values;
}

/** `1.2.840.10045.4.3.2`, of the content of an object identifier. */
export function readObjectIdentifier(content: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    numbers.push(value);
    value = 0;
  }
  const [first = 0, ...others] = numbers;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...others].join(".");
}

function lengthAt(
  bytes: Uint8Array,
  index: number,
): { readonly length: number; readonly size: number } {
  const first = bytes[index];
  if (first === undefined) throw new DerError("a value without a length");
  if (first < 0x80) return { length: first, size: 1 };
  const count = first & 0x7f;
  if (count === 0 || count > lengthBytesMax) throw new DerError("a length that is not supported");
  let length = 0;
  for (let offset = 1; offset <= count; offset += 1) {
    const byte = bytes[index + offset];
    if (byte === undefined) throw new DerError("a length that is cut off");
    length = length * 256 + byte;
  }
  return { length, size: count + 1 };
}

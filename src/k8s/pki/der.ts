/**
 * The distinguished encoding rules of ASN.1 (X.690), as far as certificates need them. Each
 * function gives one encoded value.
 */

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export function derSequence(...members: readonly Uint8Array[]): Buffer {
  return tagged(tags.sequence, Buffer.concat(members));
}

/** A set of one member: sets of more would have to be sorted. */
export function derSetOf(member: Uint8Array): Buffer {
  return tagged(tags.set, member);
}

/** A whole number that is not negative, big-endian, of any length. */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  // A leading bit that is set would make it negative.
  const padding = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return tagged(tags.integer, Buffer.from([...padding, ...digits]));
}

export function derTrue(): Buffer {
  return tagged(tags.boolean, Buffer.from([0xff]));
}

/** @param unusedBits at the end of the last byte */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return tagged(tags.bitString, Buffer.concat([Buffer.from([unusedBits]), bytes]));
}

export function derOctetString(bytes: Uint8Array): Buffer {
  return tagged(tags.octetString, bytes);
}

export function derUtf8String(text: string): Buffer {
  return tagged(tags.utf8String, Buffer.from(text, "utf8"));
}

/** @param dotted such as `2.5.4.3` */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  return tagged(
    tags.objectIdentifier,
    Buffer.from([first * 40 + second, ...others.flatMap(base128)]),
  );
}

/** A time in whole seconds; RFC 5280 wants two digits of the year until 2049. */
export function derTime(rfc3339: string): Buffer {
  const digits = rfc3339.replace(/[-:T]/g, "");
  if (digits >= "2050") return tagged(tags.generalizedTime, Buffer.from(digits));
  return tagged(tags.utcTime, Buffer.from(digits.slice(2)));
}

/** A value under a tag of its context: around the value, or in place of the value's own tag. */
export function derContext(
  number: number,
  form: "explicit" | "implicit",
  content: Uint8Array,
): Buffer {
  return tagged((form === "explicit" ? 0xa0 : 0x80) | number, content);
}

function tagged(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  return [0x80 | digits.length, ...digits];
}

function base128(value: number): readonly number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

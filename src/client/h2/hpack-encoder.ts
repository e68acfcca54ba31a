import {
  fieldBytes,
  type HeaderField,
  staticTable,
  tableBytesDefault,
} from "./hpack-static-table.ts";

const staticIndexes = new Map<string, number>();
const staticNames = new Map<string, number>();
for (const [index, [name, value]] of staticTable.entries()) {
  staticIndexes.set(keyOf(name, value), index + 1);
  if (!staticNames.has(name)) staticNames.set(name, index + 1);
}

/** `:path` is another in nearly every request: in the table it would drive out what stays. */
const neverInserted: ReadonlySet<string> = new Set([":path", "content-length"]);

interface Entry {
  readonly key: string;
  readonly bytes: number;
}

/**
 * Encodes the header blocks of one connection, each of them, in order: RFC 7541. What is sent once
 * goes into the server's table, so that a token of a kilobyte costs one byte from then on. Strings
 * are not Huffman-coded: they are sent once, or are paths, and time is dearer than bytes.
 */
export class HpackEncoder {
  /** The newest last. */
  #table: Entry[] = [];
  #tableBytes = 0;
  #tableBytesMax = tableBytesDefault;
  /** How many entries were ever inserted: the newest has this number. */
  #inserted = 0;
  readonly #numbers = new Map<string, number>();
  #sizeUpdates: number[] = [];
  #generation = 0;

  /** Changes with the table: what was encoded of table entries is good for as long as it does not. */
  get generation(): number {
    return this.#generation;
  }

  /** The server's SETTINGS_HEADER_TABLE_SIZE. */
  limitTable(bytes: number): void {
    const bytesMax = Math.min(bytes, tableBytesDefault);
    if (bytesMax === this.#tableBytesMax) return;
    this.#tableBytesMax = bytesMax;
    this.#generation += 1;
    this.#evict();
    // The smallest and the last must be told (RFC 7541, 4.2).
    const smallest = Math.min(bytesMax, ...this.#sizeUpdates);
    this.#sizeUpdates = smallest === bytesMax ? [bytesMax] : [smallest, bytesMax];
  }

  /** What the next block must begin with; mostly nothing. */
  takeSizeUpdates(): Buffer {
    if (this.#sizeUpdates.length === 0) return nothing;
    const out: number[] = [];
    for (const bytes of this.#sizeUpdates) pushInteger(out, 0x20, 5, bytes);
    this.#sizeUpdates = [];
    return Buffer.from(out);
  }

  /** The block of `fields`, but for size updates. */
  encode(fields: Iterable<HeaderField>): Buffer {
    const out: number[] = [];
    for (const [name, value] of fields) this.#encodeField(out, name, value);
    return Buffer.from(out);
  }

  #encodeField(out: number[], name: string, value: string): void {
    const key = keyOf(name, value);
    const index = staticIndexes.get(key) ?? this.#dynamicIndex(key);
    if (index !== undefined) {
      pushInteger(out, 0x80, 7, index);
      return;
    }
    const bytes = fieldBytes(name, value);
    const isInserted = bytes <= this.#tableBytesMax && !neverInserted.has(name);
    const nameIndex = staticNames.get(name) ?? 0;
    if (isInserted) pushInteger(out, 0x40, 6, nameIndex);
    else pushInteger(out, 0x00, 4, nameIndex);
    if (nameIndex === 0) pushString(out, name);
    pushString(out, value);
    if (isInserted) this.#insert(key, bytes);
  }

  #dynamicIndex(key: string): number | undefined {
    const number = this.#numbers.get(key);
    return number === undefined ? undefined : staticTable.length + 1 + this.#inserted - number;
  }

  #insert(key: string, bytes: number): void {
    this.#generation += 1;
    this.#inserted += 1;
    this.#numbers.set(key, this.#inserted);
    this.#table.push({ key, bytes });
    this.#tableBytes += bytes;
    this.#evict();
  }

  #evict(): void {
    let dropped = 0;
    while (this.#tableBytes > this.#tableBytesMax) {
      const { key, bytes } = this.#table[dropped] ?? { key: "", bytes: 0 };
      this.#tableBytes -= bytes;
      this.#numbers.delete(key); // No key is in the table twice.
      dropped += 1;
    }
    if (dropped > 0) this.#table.splice(0, dropped);
  }
}

const nothing = Buffer.alloc(0);

/** Names have no NUL, so no two pairs have one key. */
function keyOf(name: string, value: string): string {
  return `${name}\0${value}`;
}

/** How many bytes an integer takes (RFC 7541, 5.1). */
export function integerBytes(prefixBits: number, value: number): number {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return 1;
  let bytes = 2;
  for (let rest = value - mask; rest >= 0x80; rest >>>= 7) bytes += 1;
  return bytes;
}

/** Writes an integer into `out` from `at` on and returns where it ends (RFC 7541, 5.1). */
export function writeInteger(
  out: Buffer | number[],
  at: number,
  pattern: number,
  prefixBits: number,
  value: number,
): number {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) {
    out[at] = pattern | value;
    return at + 1;
  }
  out[at] = pattern | mask;
  let next = at + 1;
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) {
    out[next] = (rest & 0x7f) | 0x80;
    next += 1;
  }
  out[next] = rest;
  return next + 1;
}

function pushInteger(out: number[], pattern: number, prefixBits: number, value: number): void {
  writeInteger(out, out.length, pattern, prefixBits, value);
}

function pushString(out: number[], text: string): void {
  pushInteger(out, 0x00, 7, text.length);
  for (let at = 0; at < text.length; at += 1) out.push(text.charCodeAt(at) & 0xff);
}

/** Makes a value of bytes that are valid only during the call. */
export type Parse<T extends object> = (bytes: Uint8Array) => T;

interface Known {
  readonly bytes: Buffer;
  readonly parse: Parse<object>;
  readonly value: object;
}

/** What is kept of bytes and of values, whose size follows that of their bytes. */
const keptBytesMax = 32 * 1_024 * 1_024;
const keptMax = 4_096;

/** So many bytes from the beginning tell objects apart: their names and versions are there. */
const hashedBytes = 512;
const seenSlots = 8_192;

/**
 * Values by the bytes that they were made of, for as long as they keep coming. Bytes that come once,
 * as most do, leave nothing behind but a trace of four bytes; those that come again are kept.
 */
export class SharedValues {
  /** The hashes that came, each in its slot until another takes it. */
  readonly #seen = new Int32Array(seenSlots);
  /** By hash; the oldest first. */
  readonly #known = new Map<number, Known>();
  #keptBytes = 0;

  /** The value of `bytes`: the same object, and frozen, as others got for the same. */
  of<T extends object>(bytes: Uint8Array, parse: Parse<T>): T {
    const hash = hashOf(bytes);
    const known = this.#known.get(hash);
    // What a parser has made it makes again of the same bytes.
    if (known?.parse === parse && known.bytes.equals(bytes)) return known.value as T;
    const value = parse(bytes);
    const slot = hash & (seenSlots - 1);
    if (this.#seen[slot] !== hash) this.#seen[slot] = hash;
    else this.#keep(hash, { bytes: Buffer.from(bytes), parse, value: freeze(value) });
    return value;
  }

  #keep(hash: number, added: Known): void {
    this.#drop(hash);
    this.#known.set(hash, added);
    this.#keptBytes += added.bytes.length;
    for (const oldest of this.#known.keys()) {
      if (this.#keptBytes <= keptBytesMax && this.#known.size <= keptMax) return;
      this.#drop(oldest);
    }
  }

  #drop(hash: number): void {
    const known = this.#known.get(hash);
    if (known === undefined) return;
    this.#known.delete(hash);
    this.#keptBytes -= known.bytes.length;
  }
}

/** FNV-1a over the beginning, from the length. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const end = Math.min(bytes.length, hashedBytes);
  for (let at = 0; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}

function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === "object" && member !== null) freeze(member);
  }
  return Object.freeze(value);
}

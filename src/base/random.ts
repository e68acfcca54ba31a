/** One sequence of chance. */
export interface RandomStream {
  /** A number from 0 up to, and without, 1. */
  next(): number;
  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number;
  /** A random UUID (version 4). */
  uuid(): string;
}

/** Seeded chance, in named streams: what one stream gives does not depend on the use of another. */
export interface Random extends RandomStream {
  /** The seed: printed at the start, it replays a run. */
  readonly seed: number;
  /** The stream of that name, always from its beginning. */
  stream(name: string): RandomStream;
}

/** Chance from `seed`, a whole number: the same seed gives the same chance. */
export function createRandom(seed: number): Random {
  return { seed, stream: (name) => createStream(seed, name), ...createStream(seed, "") };
}

function createStream(seed: number, name: string): RandomStream {
  let state = hash(seed, name);
  // SplitMix32: a full period of 2^32 and one addition, one mix a number.
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    next: () => word() / 0x1_0000_0000,
    below: (limit) => Math.floor((word() / 0x1_0000_0000) * limit),
    uuid: () => formatUuid(word(), word(), word(), word()),
  };
}

/** FNV-1a over the name, started from the seed. */
function hash(seed: number, name: string): number {
  let value = (0x811c9dc5 ^ seed) | 0;
  for (let index = 0; index < name.length; index += 1) {
    value = Math.imul(value ^ name.charCodeAt(index), 0x01000193);
  }
  return value;
}

function formatUuid(a: number, b: number, c: number, d: number): string {
  const version = ((b & 0xffff0fff) | 0x4000) >>> 0;
  const variant = ((c & 0x3fffffff) | 0x80000000) >>> 0;
  const digits = [a, version, variant, d]
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}

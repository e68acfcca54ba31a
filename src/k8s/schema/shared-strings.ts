import type protobuf from "protobufjs/minimal.js";

/** Longer ones are rarely the same as others, but UIDs and texts. */
const sharedBytesMax = 32;
const slotCount = 2_048;
const slots = new Array<string | undefined>(slotCount).fill(undefined);

/**
 * Reads a string. Most of an object's are the same in all objects of its kind: those are found by
 * their bytes, which takes a third of the time of decoding them anew, and are kept once.
 */
export function readString(reader: protobuf.Reader): string {
  const { buf, pos } = reader;
  const length = buf[pos] ?? 0; // One byte where it is short.
  const start = pos + 1;
  const end = start + length;
  if (length > sharedBytesMax || end > reader.len) return reader.string();
  let hash = length;
  let bits = 0;
  for (let at = start; at < end; at += 1) {
    const byte = buf[at] ?? 0;
    hash = (Math.imul(hash, 31) + byte) | 0;
    bits |= byte;
  }
  if (bits > 0x7f) return reader.string(); // Not ASCII.
  const slot = (hash ^ (hash >>> 11)) & (slotCount - 1);
  const known = slots[slot];
  if (known !== undefined && hasBytes(known, buf, start, end)) {
    reader.pos = end;
    return known;
  }
  const read = reader.string();
  slots[slot] = read;
  return read;
}

function hasBytes(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = start; at < end; at += 1) {
    if (text.charCodeAt(at - start) !== bytes[at]) return false;
  }
  return true;
}

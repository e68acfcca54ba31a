import { isJsonObject } from "./json.ts";
import type { WatchEvent } from "./transport.ts";

/** A watch stream that is not one of events in its framing. */
export class WatchFrameError extends Error {
  override readonly name = "WatchFrameError";
}

export interface WatchFrameDecoder {
  /** The next bytes, cut anywhere. @throws WatchFrameError */
  push(chunk: Uint8Array): void;
  /** The stream is over. @throws WatchFrameError when it ends within an event */
  end(): void;
}

/** The largest event that is taken: etcd's largest object, eight times over for JSON's overhead. */
export const frameBytesMax: number = 16 * 1024 * 1024;

const newline = 0x0a;
const encoder = new TextEncoder();

/** One event as a line of JSON, the framing of `Content-Type: application/json;stream=watch`. */
export function encodeWatchEvent(event: WatchEvent): Uint8Array {
  return encoder.encode(`${JSON.stringify(event)}\n`);
}

/** Makes an event of the bytes of its frame, which are valid only during the call. @throws WatchFrameError */
export type WatchEventParser = (bytes: Uint8Array) => WatchEvent;

export interface WatchFrameOptions {
  /** Default: what the framing says they are. */
  readonly parse?: WatchEventParser;
  /** The most that is kept of an unfinished event. Default 16 MiB. */
  readonly maxBytes?: number;
}

/** Cuts a stream of lines of JSON into its events. Bytes are copied only when an event spans chunks. */
export function createWatchFrameDecoder(
  onEvent: (event: WatchEvent) => void,
  options: WatchFrameOptions = {},
): WatchFrameDecoder {
  return new LineDecoder(onEvent, options);
}

/** A class, and not closures: there is one for each watch of thousands of nodes. */
class LineDecoder implements WatchFrameDecoder {
  readonly #onEvent: (event: WatchEvent) => void;
  readonly #parse: WatchEventParser;
  readonly #maxBytes: number;
  #parts: Uint8Array[] | undefined;
  #partsBytes = 0;

  constructor(onEvent: (event: WatchEvent) => void, options: WatchFrameOptions) {
    this.#onEvent = onEvent;
    this.#parse = options.parse ?? parseJsonWatchEvent;
    this.#maxBytes = options.maxBytes ?? frameBytesMax;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      this.#emit(this.#completed(chunk.subarray(start, at)));
      start = at + 1;
    }
    // The chunk may be a view of a pooled buffer that its owner uses again: what waits is copied.
    if (start < chunk.length) this.#keep(chunk.slice(start));
  }

  end(): void {
    this.#emit(this.#completed(nothing));
  }

  /** An event in one piece, as nearly all are, is read where it lies. */
  #completed(last: Uint8Array): Uint8Array {
    if (this.#parts === undefined) {
      this.#checkSize(last.length);
      return last;
    }
    this.#keep(last);
    const bytes = Buffer.concat(this.#parts, this.#partsBytes);
    this.#parts = undefined;
    this.#partsBytes = 0;
    return bytes;
  }

  #keep(part: Uint8Array): void {
    this.#partsBytes += part.length;
    this.#checkSize(this.#partsBytes);
    this.#parts ??= [];
    this.#parts.push(part);
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#maxBytes) return;
    throw new WatchFrameError(`watch event: expected at most ${this.#maxBytes} bytes, found more`);
  }

  #emit(line: Uint8Array): void {
    if (!isBlank(line)) this.#onEvent(this.#parse(line));
  }
}

const nothing = new Uint8Array();

/** Whether there is nothing but white space, as between events there may be. */
function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  return true;
}

/** One event of JSON. @throws WatchFrameError */
export function parseJsonWatchEvent(bytes: Uint8Array): WatchEvent {
  // Not a TextDecoder: it takes longer than parsing the JSON does.
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new WatchFrameError(`watch event: expected JSON, found ${excerpt(line)}`, {
      cause: error,
    });
  }
  if (isJsonObject(value) && isEventType(value["type"]) && isJsonObject(value["object"])) {
    return { type: value["type"], object: value["object"] };
  }
  throw new WatchFrameError(`watch event: expected {"type","object"}, found ${excerpt(line)}`);
}

/** Whether `type` is one that events have. */
export function isEventType(type: unknown): type is WatchEvent["type"] {
  return (
    type === "ADDED" ||
    type === "MODIFIED" ||
    type === "DELETED" ||
    type === "BOOKMARK" ||
    type === "ERROR"
  );
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}

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

/**
 * Cuts a stream into its events. Bytes are copied only when an event spans chunks. `maxBytes`, by
 * default 16 MiB, bounds what is kept of an unfinished event.
 */
export function createWatchFrameDecoder(
  onEvent: (event: WatchEvent) => void,
  maxBytes: number = frameBytesMax,
): WatchFrameDecoder {
  let parts: Uint8Array[] = [];
  let partsBytes = 0;

  const keep = (part: Uint8Array): void => {
    partsBytes += part.length;
    if (partsBytes > maxBytes) {
      throw new WatchFrameError(`watch event: expected at most ${maxBytes} bytes, found more`);
    }
    if (part.length > 0) parts.push(part);
  };

  /** An event in one piece, as nearly all are, is read where it lies. */
  const takeKept = (): string => {
    const [first = new Uint8Array()] = parts;
    const bytes = parts.length > 1 ? Buffer.concat(parts) : first;
    parts = [];
    partsBytes = 0;
    // Not a TextDecoder: it takes longer than parsing the JSON does.
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  };

  const emit = (line: string): void => {
    if (line.trim() === "") return;
    onEvent(parseEvent(line));
  };

  return {
    push(chunk) {
      let start = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
        keep(chunk.subarray(start, at));
        start = at + 1;
        emit(takeKept());
      }
      // The chunk may be a view of a pooled buffer that its owner uses again: what waits is copied.
      if (start < chunk.length) keep(chunk.slice(start));
    },
    end() {
      const rest = takeKept();
      if (rest.trim() !== "") emit(rest);
    },
  };
}

function parseEvent(line: string): WatchEvent {
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

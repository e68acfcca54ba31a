import type { Clock } from "../../base/clock.ts";
import type { WatchEvent, WatchHandle, WatchSink } from "../../k8s/transport.ts";
import { encodeWatchEvent } from "../../k8s/watch-frames.ts";
import type { HttpResponse } from "./http-types.ts";

/** A watch that has fallen this far behind is ended: its client has to list again. */
const pendingEventsMax = 16_384;
/** What is handed to the connection at once: more waits until that is gone. */
const writableMaxBytes = 1024 * 1024;

/**
 * Writes watches to their connections, all of them once a tick of the clock: an event that goes to
 * many watches is encoded once, and many events for one watch are one write.
 */
export class WatchWriters {
  readonly #clock: Clock;
  readonly #all = new Set<WatchWriter>();
  readonly #dirty = new Set<WatchWriter>();
  /** Of this tick only, so that no bytes are kept. */
  readonly #encoded = new Map<WatchEvent, Uint8Array>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a watch whose head has been sent. It ends with the response, or when the server ends it. */
  start(response: HttpResponse, open: (sink: WatchSink) => WatchHandle): void {
    const writer = new WatchWriter(response, this);
    this.#all.add(writer);
    response.once("close", () => {
      this.#all.delete(writer);
      this.#dirty.delete(writer);
      writer.stop();
    });
    writer.open(open);
  }

  /** Ends all watches as a server does that goes away. */
  close(): void {
    for (const writer of this.#all) writer.end();
  }

  schedule(writer: WatchWriter): void {
    if (this.#dirty.size === 0) this.#clock.schedule(0, () => this.#flush());
    this.#dirty.add(writer);
  }

  encode(event: WatchEvent): Uint8Array {
    let bytes = this.#encoded.get(event);
    if (bytes === undefined) {
      bytes = encodeWatchEvent(event);
      this.#encoded.set(event, bytes);
    }
    return bytes;
  }

  #flush(): void {
    const writers = [...this.#dirty];
    this.#dirty.clear();
    for (const writer of writers) writer.flush();
    this.#encoded.clear();
  }
}

class WatchWriter implements WatchSink {
  readonly #response: HttpResponse;
  readonly #writers: WatchWriters;
  #handle: WatchHandle | undefined;
  #pending: WatchEvent[] = [];
  /** The initial state may be of any size: it was in memory anyway. */
  #pendingMax = Number.POSITIVE_INFINITY;
  #isEnding = false;

  constructor(response: HttpResponse, writers: WatchWriters) {
    this.#response = response;
    this.#writers = writers;
    response.on("drain", () => {
      if (this.#pending.length > 0) writers.schedule(this);
    });
  }

  open(open: (sink: WatchSink) => WatchHandle): void {
    this.#handle = open(this);
    this.#pendingMax = this.#pending.length + pendingEventsMax;
  }

  events(batch: readonly WatchEvent[]): void {
    if (this.#pending.length + batch.length > this.#pendingMax) {
      this.stop();
      this.#response.destroy();
      return;
    }
    for (const event of batch) this.#pending.push(event);
    this.#writers.schedule(this);
  }

  closed(): void {
    this.end();
  }

  /** Sends what waits, and then the end. */
  end(): void {
    this.#isEnding = true;
    this.#writers.schedule(this);
  }

  stop(): void {
    this.#handle?.stop();
    this.#pending = [];
  }

  flush(): void {
    const chunks: Uint8Array[] = [];
    let size = this.#response.writableLength;
    let count = 0;
    for (const event of this.#pending) {
      if (size >= writableMaxBytes) break;
      const bytes = this.#writers.encode(event);
      chunks.push(bytes);
      size += bytes.length;
      count += 1;
    }
    this.#pending = count === this.#pending.length ? [] : this.#pending.slice(count);
    if (chunks.length > 0) this.#response.write(Buffer.concat(chunks));
    if (this.#isEnding && this.#pending.length === 0) this.#response.end();
  }
}

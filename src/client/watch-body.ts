import { createProtobufWatchFrameDecoder } from "../k8s/protobuf-watch-frames.ts";
import {
  TransportError,
  type WatchEvent,
  type WatchHandle,
  type WatchSink,
} from "../k8s/transport.ts";
import { createWatchFrameDecoder, type WatchFrameDecoder } from "../k8s/watch-frames.ts";
import { isProtobuf } from "./content-type.ts";
import type { Decoding } from "./decoding.ts";

/** Makes a watch of bytes that come with time: the events of one chunk are one batch. */
export class WatchBody implements WatchHandle {
  readonly #sink: WatchSink;
  readonly #source: { cancel(): void };
  readonly #decoder: WatchFrameDecoder;
  #batch: WatchEvent[] = [];
  #isOver = false;

  /**
   * `source.cancel` ends what the bytes come from, because nobody wants the rest; `contentType` is
   * that of the answer.
   */
  constructor(
    sink: WatchSink,
    source: { cancel(): void },
    contentType: string | undefined,
    decoding: Decoding,
  ) {
    this.#sink = sink;
    this.#source = source;
    const onEvent = (event: WatchEvent): void => void this.#batch.push(event);
    const create = isProtobuf(contentType)
      ? createProtobufWatchFrameDecoder
      : createWatchFrameDecoder;
    this.#decoder = create(onEvent, { parse: decoding.eventParser(contentType) });
  }

  /** The next bytes; they are not kept. */
  data(chunk: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#flush();
  }

  /** The bytes are at their end. */
  end(): void {
    if (this.#isOver) return;
    try {
      this.#decoder.end();
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#flush();
    this.#close();
  }

  /** There will be no end. */
  fail(error: unknown): void {
    this.#close(error);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.cancel();
  }

  #break(error: unknown): void {
    this.#flush(); // What came whole before the broken one.
    const text = error instanceof Error ? error.message : String(error);
    this.#close(new TransportError("protocol", text, error));
    this.#source.cancel();
  }

  #flush(): void {
    if (this.#isOver || this.#batch.length === 0) return;
    const events = this.#batch;
    this.#batch = [];
    this.#sink.events(events);
  }

  #close(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink.closed(error);
  }
}

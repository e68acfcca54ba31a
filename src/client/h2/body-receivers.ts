import type { ApiResponse, WatchHandle, WatchSink } from "../../k8s/transport.ts";
import { answerBytesMax, tooLarge } from "../answer-stream.ts";
import type { Decoding } from "../decoding.ts";
import { WatchBody } from "../watch-body.ts";

/** Takes the body of an answer. */
export interface BodyReceiver {
  /** The next bytes, valid only during the call; never none. */
  data(bytes: Buffer): void;
  end(): void;
  fail(error: unknown): void;
}

/** Where a body comes from. */
export interface BodySource {
  /** Nobody wants the rest. */
  cancel(): void;
  /** So many of the bytes that just came are kept: the server shall not send others in their place. */
  kept(bytes: number): void;
  /** So many of the bytes that were kept are done with. */
  consumed(bytes: number): void;
  /** From now on the body goes to `receiver`. */
  redirect(receiver: BodyReceiver): void;
}

/** Collects the body into one buffer. */
export class CollectedBody implements BodyReceiver {
  readonly #status: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #source: BodySource;
  readonly #resolve: (response: ApiResponse) => void;
  readonly #reject: (error: unknown) => void;
  /** Nearly every answer comes in one frame. */
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;
  #size = 0;

  constructor(
    { status, headers }: Pick<ApiResponse, "status" | "headers">,
    source: BodySource,
    resolve: (response: ApiResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#status = status;
    this.#headers = headers;
    this.#source = source;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  data(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#size > answerBytesMax) {
      this.#reject(tooLarge());
      this.#source.cancel();
      return;
    }
    const copy = Buffer.from(bytes);
    if (this.#first === undefined) this.#first = copy;
    else if (this.#more === undefined) this.#more = [this.#first, copy];
    else this.#more.push(copy);
  }

  end(): void {
    const bytes =
      this.#more === undefined
        ? (this.#first ?? new Uint8Array())
        : Buffer.concat(this.#more, this.#size);
    const body = { kind: "bytes", bytes } as const;
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}

type Ending = { readonly kind: "end" } | { readonly kind: "failed"; readonly error: unknown };

/** A watch whose events nobody takes yet: the window of its stream bounds what is kept. */
export class UnopenedWatch implements BodyReceiver {
  readonly #source: BodySource;
  readonly #contentType: string | undefined;
  readonly #decoding: Decoding;
  #chunks: Buffer[] = [];
  #ending: Ending | undefined;

  constructor(source: BodySource, contentType: string | undefined, decoding: Decoding) {
    this.#source = source;
    this.#contentType = contentType;
    this.#decoding = decoding;
  }

  data(bytes: Buffer): void {
    this.#chunks.push(Buffer.from(bytes));
    this.#source.kept(bytes.length);
  }

  end(): void {
    this.#ending ??= { kind: "end" };
  }

  fail(error: unknown): void {
    this.#ending ??= { kind: "failed", error };
  }

  open(sink: WatchSink): WatchHandle {
    const watch = new WatchBody(sink, this.#source, this.#contentType, this.#decoding);
    this.#source.redirect(watch);
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) {
      watch.data(chunk);
      this.#source.consumed(chunk.length);
    }
    const ending = this.#ending;
    if (ending?.kind === "end") watch.end();
    else if (ending !== undefined) watch.fail(ending.error);
    return watch;
  }
}

/** The body as chunks for one reader, in the pace at which they are read. */
export class ChunkedBody implements BodyReceiver {
  readonly #source: BodySource;
  #chunks: Buffer[] = [];
  #ending: Ending | undefined;
  #wake: (() => void) | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  data(bytes: Buffer): void {
    this.#chunks.push(Buffer.from(bytes));
    this.#source.kept(bytes.length);
    this.#wake?.();
  }

  end(): void {
    this.#ending ??= { kind: "end" };
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#ending ??= { kind: "failed", error };
    this.#wake?.();
  }

  /** The chunks as they come; who stops reading ends the exchange. */
  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#source.consumed(chunk.length);
          yield chunk;
        } else if (this.#ending === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if (this.#ending.kind === "failed") throw this.#ending.error;
        else return;
      }
    } finally {
      this.#source.cancel();
    }
  }
}

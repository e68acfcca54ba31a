import { TransportError } from "../../k8s/transport.ts";
import type { WireRequest } from "../wire-request.ts";
import type { RequestBlock } from "./frame-writer.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { HeaderField } from "./hpack-static-table.ts";

type Headers = WireRequest["headers"];

interface KnownBlock {
  readonly rest: Buffer;
  readonly generation: number;
}

/**
 * Encodes the headers of the requests of one connection. Requests that share one object of headers
 * share its encoding too, for as long as the server's header table stays as it is: in the steady
 * state only the path is encoded.
 */
export class RequestBlocks {
  readonly #encoder = new HpackEncoder();
  readonly #known = new WeakMap<Headers, Map<string, KnownBlock>>();
  readonly #authority: string;

  constructor(authority: string) {
    this.#authority = authority;
  }

  limitTable(bytes: number): void {
    this.#encoder.limitTable(bytes);
  }

  /**
   * The block of a request. All that it returns must be sent, in order.
   *
   * @throws TransportError for a header that HTTP does not allow, and then nothing has happened
   */
  encode({ method, path, headers }: WireRequest): RequestBlock {
    if (!pathForm.test(path)) {
      throw new TransportError(
        "protocol",
        `expected a path of HTTP, found ${JSON.stringify(path)}`,
      );
    }
    const known = this.#known.get(headers)?.get(method);
    if (known?.generation === this.#encoder.generation) {
      return { updates: this.#encoder.takeSizeUpdates(), path, rest: known.rest };
    }
    const fields = this.#fields(method, headers);
    const updates = this.#encoder.takeSizeUpdates();
    const before = this.#encoder.generation;
    const rest = this.#encoder.encode(fields);
    // An encoding that puts something into the table is good for once.
    if (before === this.#encoder.generation) this.#remember(method, headers, rest);
    return { updates, path, rest };
  }

  #remember(method: string, headers: Headers, rest: Buffer): void {
    const block = { rest, generation: this.#encoder.generation };
    const byMethod = this.#known.get(headers);
    if (byMethod === undefined) this.#known.set(headers, new Map([[method, block]]));
    else byMethod.set(method, block);
  }

  #fields(method: string, headers: Headers): readonly HeaderField[] {
    const fields: HeaderField[] = [
      [":method", method],
      [":scheme", "https"],
      [":authority", this.#authority],
    ];
    for (const [given, values] of Object.entries(headers)) {
      const name = given.toLowerCase();
      for (const value of typeof values === "string" ? [values] : values) {
        checkField(name, value);
        fields.push([name, value]);
      }
    }
    return fields;
  }
}

const pathForm = /^\/[\x21-\x7e]*$/;
const nameForm = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Octets but for control characters (RFC 9113, 8.2.1). */
const valueForm = /^[\t -~\x80-\xff]*$/;

function checkField(name: string, value: string): void {
  if (nameForm.test(name) && valueForm.test(value)) return;
  const text = JSON.stringify(name);
  throw new TransportError("protocol", `header ${text}: expected a name and a value of HTTP`);
}

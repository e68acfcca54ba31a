import { errorCodes, Http2Error } from "./frames.ts";
import {
  fieldBytes,
  type HeaderField,
  staticTable,
  tableBytesDefault,
} from "./hpack-static-table.ts";
import { decodeHuffman } from "./huffman.ts";

export interface HeaderSink {
  onField(name: string, value: string): void;
}

/** What a list of headers may come to, counted as RFC 9113 6.5.2 does: nghttp2's own bound. */
export const headerListBytesMax = 65_536;

/** Decodes the header blocks of one connection, each of them, in order: RFC 7541. */
export class HpackDecoder {
  /** The newest last. */
  #table: HeaderField[] = [];
  #tableBytes = 0;
  #tableBytesMax = tableBytesDefault;
  #scratch = Buffer.alloc(0);
  #bytes: Buffer = this.#scratch;
  #at = 0;
  #end = 0;

  /**
   * Gives the headers of a whole block to `sink`.
   *
   * @throws Http2Error, after which the connection cannot be used any more
   */
  decode(bytes: Buffer, start: number, end: number, sink: HeaderSink): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    let listBytes = 0;
    let maySize = true;
    while (this.#at < end) {
      const first = bytes[this.#at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (!maySize) throw compressionError("a size update after a header");
        this.#resize(this.#integer(5));
        continue;
      }
      maySize = false;
      const [name, value] = this.#field(first);
      listBytes += fieldBytes(name, value);
      if (listBytes > headerListBytesMax) {
        throw new Http2Error(
          errorCodes.enhanceYourCalm,
          `headers of more than ${headerListBytesMax} bytes`,
        );
      }
      sink.onField(name, value);
    }
    this.#bytes = this.#scratch; // The socket's buffer is not ours to keep.
  }

  #field(first: number): HeaderField {
    if ((first & 0x80) !== 0) return this.#entry(this.#integer(7));
    const isIndexed = (first & 0x40) !== 0;
    const index = this.#integer(isIndexed ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    const field: HeaderField = [name, this.#string()];
    if (isIndexed) this.#insert(field);
    return field;
  }

  #entry(index: number): HeaderField {
    const field =
      index <= staticTable.length
        ? staticTable[index - 1]
        : this.#table[this.#table.length - (index - staticTable.length)];
    if (field === undefined) throw compressionError(`no entry ${index} in the header table`);
    return field;
  }

  #insert(field: HeaderField): void {
    this.#table.push(field);
    this.#tableBytes += fieldBytes(field[0], field[1]);
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > tableBytesDefault) throw compressionError(`a header table of ${bytes} bytes`);
    this.#tableBytesMax = bytes;
    this.#evict();
  }

  #evict(): void {
    let dropped = 0;
    while (this.#tableBytes > this.#tableBytesMax) {
      const [name, value] = this.#table[dropped] ?? ["", ""];
      this.#tableBytes -= fieldBytes(name, value);
      dropped += 1;
    }
    if (dropped > 0) this.#table.splice(0, dropped);
  }

  /** RFC 7541, 5.1. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw compressionError("an integer of more than 28 bits");
  }

  #byte(): number {
    if (this.#at >= this.#end) throw compressionError("a header block that breaks off");
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }

  /** RFC 7541, 5.2. */
  #string(): string {
    const isHuffman = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw compressionError("a header block that breaks off");
    if (!isHuffman) return this.#bytes.toString("latin1", start, this.#at);
    const symbolsMax = Math.ceil((length * 8) / 5);
    if (this.#scratch.length < symbolsMax) this.#scratch = Buffer.allocUnsafe(symbolsMax * 2);
    const symbols = decodeHuffman(this.#bytes, start, this.#at, this.#scratch);
    if (symbols < 0) throw compressionError("a string that is no Huffman code");
    return this.#scratch.toString("latin1", 0, symbols);
  }
}

function compressionError(message: string): Http2Error {
  return new Http2Error(errorCodes.compressionError, message);
}

import protobuf from "protobufjs/minimal.js";
import { toTime } from "../../base/rfc3339.ts";
import type { JsonValue } from "../json.ts";
import { setOwn } from "./own-property.ts";
import { type MessagePlan, ProtobufError, wireTypes } from "./protobuf-plan.ts";
import type { FieldSchema, ObjectSchema, ValueType } from "./schema-types.ts";
import { readString } from "./shared-strings.ts";
import { isLeftOut, zeroValueOf } from "./zero-value.ts";

type Reader = protobuf.Reader;
type Target = Record<string, JsonValue>;

/** Deeper than any type of the API; bounds the recursion over a hostile body. */
const depthMax = 100;

/**
 * Reads a message of the type as the JSON that Go would write of it: gogo writes the zero of every
 * field that is no pointer, and `omitempty` then keeps those out of JSON. `planOf` says which fields
 * are read: `messagePlan` or `leanMessagePlan`.
 *
 * @throws ProtobufError, or RangeError where the bytes end too early.
 */
export function readObject(
  bytes: Uint8Array,
  schema: ObjectSchema,
  planOf: (schema: ObjectSchema) => MessagePlan,
  into: Target,
): void {
  const reader = protobuf.Reader.create(bytes);
  new MessageReader(reader, planOf).readMessage(bytes.length, planOf(schema), into);
}

/** Reads the messages of one body. */
class MessageReader {
  readonly #reader: Reader;
  readonly #planOf: (schema: ObjectSchema) => MessagePlan;
  #depth = 0;

  constructor(reader: Reader, planOf: (schema: ObjectSchema) => MessagePlan) {
    this.#reader = reader;
    this.#planOf = planOf;
  }

  readMessage(end: number, plan: MessagePlan, into: Target): void {
    const reader = this.#reader;
    if (this.#depth > depthMax) {
      throw new ProtobufError(`${plan.name}: messages are nested too deep`);
    }
    this.#depth += 1;
    while (reader.pos < end) {
      const tag = reader.uint32();
      const wireType = tag & 7;
      const entry = plan.byNumber[tag >>> 3];
      if (entry === undefined) reader.skipType(wireType);
      else if (entry.kind === "field") this.#readField(wireType, entry.field, into);
      else this.readMessage(readEnd(reader, wireType, plan.name), entry.plan, into);
    }
    this.#depth -= 1;
    expectEnd(reader, end, plan.name);
  }

  #readField(wireType: number, field: FieldSchema, into: Target): void {
    const { name, type } = field;
    if (type.kind === "list") {
      const list = (into[name] ?? []) as JsonValue[];
      into[name] = list;
      this.#readElements(wireType, type.of, list, name);
    } else if (type.kind === "map") {
      const map = (into[name] ?? {}) as Target;
      into[name] = map;
      this.#readMapEntry(readEnd(this.#reader, wireType, name), type.of, map, name);
    } else {
      const value = this.#readValue(wireType, type, name);
      if (value !== undefined && !isLeftOut(value, field)) into[name] = value;
    }
  }

  #readElements(wireType: number, type: ValueType, list: JsonValue[], name: string): void {
    const packed = wireType === wireTypes.delimited && wireTypeOf(type) !== wireTypes.delimited;
    if (!packed) {
      list.push(this.#readValue(wireType, type, name) ?? zeroValueOf(type));
      return;
    }
    const end = readEnd(this.#reader, wireType, name);
    while (this.#reader.pos < end) {
      list.push(this.#readValue(wireTypeOf(type), type, name) ?? zeroValueOf(type));
    }
    expectEnd(this.#reader, end, name);
  }

  #readMapEntry(end: number, type: ValueType, map: Target, name: string): void {
    const reader = this.#reader;
    let key = "";
    let value: JsonValue | undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) {
        expectWireType(tag & 7, wireTypes.delimited, name);
        key = readString(reader);
      } else if (tag >>> 3 === 2) {
        value = this.#readMapValue(tag & 7, type, name);
      } else {
        reader.skipType(tag & 7);
      }
    }
    expectEnd(reader, end, name);
    setOwn(map, key, value ?? zeroValueOf(type));
  }

  /** Protobuf has no lists in maps: Kubernetes wraps them in a message, as `items`, its field 1. */
  #readMapValue(wireType: number, type: ValueType, name: string): JsonValue | undefined {
    if (type.kind !== "list") return this.#readValue(wireType, type, name);
    const reader = this.#reader;
    const list: JsonValue[] = [];
    const end = readEnd(reader, wireType, name);
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) this.#readElements(tag & 7, type.of, list, name);
      else reader.skipType(tag & 7);
    }
    expectEnd(reader, end, name);
    return list;
  }

  /** Undefined for what JSON writes as null: a zero time, an empty RawExtension. */
  #readValue(wireType: number, type: ValueType, name: string): JsonValue | undefined {
    const reader = this.#reader;
    expectWireType(wireType, wireTypeOf(type), name);
    switch (type.kind) {
      case "string":
        return readString(reader);
      case "boolean":
        return reader.bool();
      case "int32":
        return reader.int32();
      case "int64":
        return toNumber(reader.int64());
      case "double":
        return reader.double();
      case "bytes":
        return base64(reader.bytes());
      case "object": {
        const object: Target = {};
        const end = readEnd(reader, wireType, name);
        this.readMessage(end, this.#planOf(type.schema), object);
        return object;
      }
      case "list":
      case "map":
      case "union":
        throw new ProtobufError(`${name}: a ${type.kind} cannot be read from protobuf here`);
      default:
        return readWrapper(reader, readEnd(reader, wireType, name), type.kind, name);
    }
  }
}

function expectEnd(reader: Reader, end: number, name: string): void {
  if (reader.pos !== end) throw new ProtobufError(`${name}: a value passes its message's end`);
}

/** The end of a length-delimited value that starts here. */
function readEnd(reader: Reader, wireType: number, name: string): number {
  expectWireType(wireType, wireTypes.delimited, name);
  const length = reader.uint32();
  if (length > reader.len - reader.pos) throw new ProtobufError(`${name}: the body ends too early`);
  return reader.pos + length;
}

function expectWireType(found: number, expected: number, name: string): void {
  if (found === expected) return;
  throw new ProtobufError(`${name}: expected wire type ${expected}, found ${found}`);
}

export function wireTypeOf({ kind }: ValueType): number {
  if (kind === "int32" || kind === "int64" || kind === "boolean") return wireTypes.varint;
  return kind === "double" ? wireTypes.fixed64 : wireTypes.delimited;
}

/** The types that have a form of their own in JSON are small messages on the wire. */
function readWrapper(
  reader: Reader,
  end: number,
  kind: "quantity" | "time" | "microTime" | "intOrString" | "any",
  name: string,
): JsonValue | undefined {
  let text: string | undefined;
  const numbers: (number | undefined)[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    if (wireType === wireTypes.varint) numbers[tag >>> 3] = toNumber(reader.int64());
    else if (wireType === wireTypes.delimited) text = readString(reader);
    else throw new ProtobufError(`${name}: no ${kind} has wire type ${wireType}`);
  }
  expectEnd(reader, end, name);
  switch (kind) {
    case "quantity":
      return text ?? "0";
    case "intOrString":
      return numbers[1] === 1 ? (text ?? "") : (numbers[2] ?? 0);
    case "any":
      return parseRaw(text ?? "", name);
    default:
      return numbers.length === 0 ? undefined : timeText(kind, numbers[1] ?? 0, numbers[2] ?? 0);
  }
}

function timeText(kind: "time" | "microTime", seconds: number, nanos: number): string {
  const text = toTime(seconds * 1_000);
  if (kind === "time") return text;
  const micros = String(Math.floor(nanos / 1_000)).padStart(6, "0");
  return `${text.slice(0, -1)}.${micros}Z`;
}

function parseRaw(text: string, name: string): JsonValue | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtobufError(`${name}: expected JSON within protobuf`, { cause: error });
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

// As JSON.parse has it: beyond 2^53 the last digits are lost.
function toNumber(value: number | { readonly high: number; readonly low: number }): number {
  return typeof value === "number" ? value : value.high * 2 ** 32 + (value.low >>> 0);
}

/** The `runtime.Unknown` around an object: what it is, and its bytes. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

const rawField = 2;
const typeMetaField = 1;

/** Reads `runtime.Unknown` (apimachinery, `runtime/generated.proto`). */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const reader = protobuf.Reader.create(bytes);
  const typeMeta = ["", "", ""];
  let raw: Uint8Array = new Uint8Array();
  while (reader.pos < bytes.length) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if (number === rawField) {
      expectWireType(tag & 7, wireTypes.delimited, "Unknown.raw");
      raw = reader.bytes();
    } else if (number === typeMetaField) {
      const end = readEnd(reader, tag & 7, "Unknown.typeMeta");
      while (reader.pos < end) {
        const inner = reader.uint32();
        if ((inner & 7) === wireTypes.delimited) typeMeta[inner >>> 3] = readString(reader);
        else reader.skipType(inner & 7);
      }
    } else {
      reader.skipType(tag & 7);
    }
  }
  return { apiVersion: typeMeta[1] ?? "", kind: typeMeta[2] ?? "", raw };
}

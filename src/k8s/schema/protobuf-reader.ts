import protobuf from "protobufjs/minimal.js";
import { toTime } from "../../base/rfc3339.ts";
import type { JsonValue } from "../json.ts";
import { setOwn } from "./own-property.ts";
import { type MessagePlan, messagePlan, ProtobufError, wireTypes } from "./protobuf-plan.ts";
import type { FieldSchema, ObjectSchema, ValueType } from "./schema-types.ts";
import { isLeftOut, zeroValueOf } from "./zero-value.ts";

type Reader = protobuf.Reader;
type Target = Record<string, JsonValue>;

/** Deeper than any type of the API; bounds the recursion over a hostile body. */
const depthMax = 100;

/**
 * Reads a message of the type as the JSON that Go would write of it: gogo writes the zero of every
 * field that is no pointer, and `omitempty` then keeps those out of JSON.
 *
 * @throws ProtobufError, or RangeError where the bytes end too early.
 */
export function readObject(bytes: Uint8Array, schema: ObjectSchema, into: Target): void {
  const reader = protobuf.Reader.create(bytes);
  readMessage(reader, bytes.length, messagePlan(schema), into, 0);
}

function readMessage(
  reader: Reader,
  end: number,
  plan: MessagePlan,
  into: Target,
  depth: number,
): void {
  if (depth > depthMax) throw new ProtobufError(`${plan.name}: messages are nested too deep`);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    const entry = plan.byNumber.get(tag >>> 3);
    if (entry === undefined) reader.skipType(wireType);
    else if (entry.kind === "field") readField(reader, wireType, entry.field, into, depth);
    else readMessage(reader, readEnd(reader, wireType, plan.name), entry.plan, into, depth + 1);
  }
  expectEnd(reader, end, plan.name);
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

function readField(
  reader: Reader,
  wireType: number,
  field: FieldSchema,
  into: Target,
  depth: number,
): void {
  const { name, type } = field;
  if (type.kind === "list") {
    const list = (into[name] ?? []) as JsonValue[];
    into[name] = list;
    readElements(reader, wireType, type.of, list, { name, depth });
  } else if (type.kind === "map") {
    const map = (into[name] ?? {}) as Target;
    into[name] = map;
    readMapEntry(reader, readEnd(reader, wireType, name), type.of, map, { name, depth });
  } else {
    const value = readValue(reader, wireType, type, { name, depth });
    if (value !== undefined && !isLeftOut(value, field)) into[name] = value;
  }
}

interface Place {
  readonly name: string;
  readonly depth: number;
}

function readElements(
  reader: Reader,
  wireType: number,
  type: ValueType,
  list: JsonValue[],
  place: Place,
): void {
  const packed = wireType === wireTypes.delimited && wireTypeOf(type) !== wireTypes.delimited;
  if (!packed) {
    list.push(readValue(reader, wireType, type, place) ?? zeroValueOf(type));
    return;
  }
  const end = readEnd(reader, wireType, place.name);
  while (reader.pos < end) {
    list.push(readValue(reader, wireTypeOf(type), type, place) ?? zeroValueOf(type));
  }
  expectEnd(reader, end, place.name);
}

function readMapEntry(
  reader: Reader,
  end: number,
  type: ValueType,
  map: Target,
  place: Place,
): void {
  let key = "";
  let value: JsonValue | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) {
      expectWireType(tag & 7, wireTypes.delimited, place.name);
      key = reader.string();
    } else if (tag >>> 3 === 2) {
      value = readMapValue(reader, tag & 7, type, place);
    } else {
      reader.skipType(tag & 7);
    }
  }
  expectEnd(reader, end, place.name);
  setOwn(map, key, value ?? zeroValueOf(type));
}

/** Protobuf has no lists in maps: Kubernetes wraps them in a message, as `items`, its field 1. */
function readMapValue(
  reader: Reader,
  wireType: number,
  type: ValueType,
  place: Place,
): JsonValue | undefined {
  if (type.kind !== "list") return readValue(reader, wireType, type, place);
  const list: JsonValue[] = [];
  const end = readEnd(reader, wireType, place.name);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) readElements(reader, tag & 7, type.of, list, place);
    else reader.skipType(tag & 7);
  }
  expectEnd(reader, end, place.name);
  return list;
}

export function wireTypeOf({ kind }: ValueType): number {
  if (kind === "int32" || kind === "int64" || kind === "boolean") return wireTypes.varint;
  return kind === "double" ? wireTypes.fixed64 : wireTypes.delimited;
}

/** Undefined for what JSON writes as null: a zero time, an empty RawExtension. */
function readValue(
  reader: Reader,
  wireType: number,
  type: ValueType,
  place: Place,
): JsonValue | undefined {
  expectWireType(wireType, wireTypeOf(type), place.name);
  switch (type.kind) {
    case "string":
      return reader.string();
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
      const end = readEnd(reader, wireType, place.name);
      readMessage(reader, end, messagePlan(type.schema), object, place.depth + 1);
      return object;
    }
    case "list":
    case "map":
    case "union":
      throw new ProtobufError(`${place.name}: a ${type.kind} cannot be read from protobuf here`);
    default:
      return readWrapper(reader, readEnd(reader, wireType, place.name), type.kind, place);
  }
}

/** The types that have a form of their own in JSON are small messages on the wire. */
function readWrapper(
  reader: Reader,
  end: number,
  kind: "quantity" | "time" | "microTime" | "intOrString" | "any",
  place: Place,
): JsonValue | undefined {
  let text: string | undefined;
  const numbers: (number | undefined)[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    if (wireType === wireTypes.varint) numbers[tag >>> 3] = toNumber(reader.int64());
    else if (wireType === wireTypes.delimited) text = reader.string();
    else throw new ProtobufError(`${place.name}: no ${kind} has wire type ${wireType}`);
  }
  expectEnd(reader, end, place.name);
  switch (kind) {
    case "quantity":
      return text ?? "0";
    case "intOrString":
      return numbers[1] === 1 ? (text ?? "") : (numbers[2] ?? 0);
    case "any":
      return parseRaw(text ?? "", place);
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

function parseRaw(text: string, place: Place): JsonValue | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtobufError(`${place.name}: expected JSON within protobuf`, { cause: error });
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
        if ((inner & 7) === wireTypes.delimited) typeMeta[inner >>> 3] = reader.string();
        else reader.skipType(inner & 7);
      }
    } else {
      reader.skipType(tag & 7);
    }
  }
  return { apiVersion: typeMeta[1] ?? "", kind: typeMeta[2] ?? "", raw };
}

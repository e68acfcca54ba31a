import protobuf from "protobufjs/minimal.js";
import { parseTime } from "../../base/rfc3339.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { type MessagePlan, messagePlan, ProtobufError, wireTypes } from "./protobuf-plan.ts";
import { wireTypeOf } from "./protobuf-reader.ts";
import type { FieldSchema, ObjectSchema, ScalarKind, ValueType } from "./schema-types.ts";
import { zeroValueOf } from "./zero-value.ts";

type Writer = protobuf.Writer;

/** @throws ProtobufError for a value that does not fit its field. Fields without a number are left out. */
export function writeObject(object: JsonObject, schema: ObjectSchema): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(writer, messagePlan(schema), object);
  return writer.finish();
}

/** Writes `runtime.Unknown` (apimachinery, `runtime/generated.proto`), without the prefix. */
export function writeEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tagOf(1, wireTypes.delimited)).fork();
  writer.uint32(tagOf(1, wireTypes.delimited)).string(apiVersion);
  writer.uint32(tagOf(2, wireTypes.delimited)).string(kind);
  writer.ldelim();
  writer.uint32(tagOf(2, wireTypes.delimited)).bytes(raw);
  writer.uint32(tagOf(3, wireTypes.delimited)).string("");
  writer.uint32(tagOf(4, wireTypes.delimited)).string("");
  return writer.finish();
}

function tagOf(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}

function writeMessage(writer: Writer, plan: MessagePlan, object: JsonObject): void {
  for (const entry of plan.entries) {
    if (entry.kind === "field") {
      const value = object[entry.field.name];
      if (value !== undefined && value !== null)
        writeField(writer, entry.number, entry.field, value);
    } else {
      // Go always writes an inlined struct, also an empty one.
      writer.uint32(tagOf(entry.number, wireTypes.delimited)).fork();
      writeMessage(writer, entry.plan, object);
      writer.ldelim();
    }
  }
}

function writeField(writer: Writer, number: number, field: FieldSchema, value: JsonValue): void {
  const { name, type } = field;
  if (type.kind === "list") {
    for (const element of expectArray(value, name)) {
      writeTagged(writer, number, type.of, element ?? zeroValueOf(type.of), name);
    }
  } else if (type.kind === "map") {
    for (const [key, element] of Object.entries(expectObject(value, name))) {
      if (element === undefined) continue;
      writer.uint32(tagOf(number, wireTypes.delimited)).fork();
      writer.uint32(tagOf(1, wireTypes.delimited)).string(key);
      writeTagged(writer, 2, type.of, element ?? zeroValueOf(type.of), name);
      writer.ldelim();
    }
  } else {
    writeTagged(writer, number, type, value, name);
  }
}

function writeTagged(
  writer: Writer,
  number: number,
  type: ValueType,
  value: JsonValue,
  name: string,
): void {
  writer.uint32(tagOf(number, wireTypeOf(type)));
  switch (type.kind) {
    case "object":
      writer.fork();
      writeMessage(writer, messagePlan(type.schema), expectObject(value, name));
      writer.ldelim();
      break;
    case "list":
      writer.fork();
      for (const element of expectArray(value, name)) {
        writeTagged(writer, 1, type.of, element ?? zeroValueOf(type.of), name);
      }
      writer.ldelim();
      break;
    case "map":
      throw new ProtobufError(`${name}: a map where protobuf has none`);
    default:
      writeScalar(writer, type.kind, value, name);
  }
}

function writeScalar(writer: Writer, kind: ScalarKind, value: JsonValue, name: string): void {
  switch (kind) {
    case "string":
      writer.string(expectString(value, name));
      break;
    case "bytes":
      writer.bytes(Buffer.from(expectString(value, name), "base64"));
      break;
    case "boolean":
      if (typeof value !== "boolean") throw mismatch(name, "a boolean", value);
      writer.bool(value);
      break;
    case "int32":
      writer.int32(expectInteger(value, name));
      break;
    case "int64":
      writer.int64(expectInteger(value, name));
      break;
    case "double":
      if (typeof value !== "number") throw mismatch(name, "a number", value);
      writer.double(value);
      break;
    case "union":
      throw new ProtobufError(`${name}: a union cannot be written to protobuf here`);
    default:
      writer.fork();
      if (value !== null) writeWrapper(writer, kind, value, name);
      writer.ldelim();
  }
}

function writeWrapper(
  writer: Writer,
  kind: "quantity" | "time" | "microTime" | "intOrString" | "any",
  value: JsonValue,
  name: string,
): void {
  switch (kind) {
    case "quantity":
      // JSON has quantities also as numbers.
      writer.uint32(tagOf(1, wireTypes.delimited)).string(String(value));
      break;
    case "any":
      writer.uint32(tagOf(1, wireTypes.delimited)).string(JSON.stringify(value));
      break;
    case "intOrString":
      if (typeof value === "string") {
        writer.uint32(tagOf(1, wireTypes.varint)).int64(1);
        writer.uint32(tagOf(2, wireTypes.varint)).int32(0);
        writer.uint32(tagOf(3, wireTypes.delimited)).string(value);
      } else {
        writer.uint32(tagOf(1, wireTypes.varint)).int64(0);
        writer.uint32(tagOf(2, wireTypes.varint)).int32(expectInteger(value, name));
        writer.uint32(tagOf(3, wireTypes.delimited)).string("");
      }
      break;
    default:
      writeTime(writer, expectString(value, name), name);
  }
}

/** The fraction of a second that an RFC 3339 time ends in. */
const fraction = /\.(\d{1,9})\d*(?:Z|[+-]\d\d:\d\d)$/i;

function writeTime(writer: Writer, text: string, name: string): void {
  const epochMs = parseTime(text);
  if (epochMs === undefined) throw mismatch(name, "an RFC 3339 time", text);
  // Read from the text, since milliseconds are too coarse for a MicroTime.
  const nanos = Number((fraction.exec(text)?.[1] ?? "0").padEnd(9, "0"));
  writer.uint32(tagOf(1, wireTypes.varint)).int64(Math.floor(epochMs / 1_000));
  writer.uint32(tagOf(2, wireTypes.varint)).int32(nanos);
}

function expectString(value: JsonValue, name: string): string {
  if (typeof value !== "string") throw mismatch(name, "a string", value);
  return value;
}

function expectInteger(value: JsonValue, name: string): number {
  if (!Number.isInteger(value)) throw mismatch(name, "an integer", value);
  return value as number;
}

function expectArray(value: JsonValue, name: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw mismatch(name, "a list", value);
  return value;
}

function expectObject(value: JsonValue, name: string): JsonObject {
  if (!isJsonObject(value)) throw mismatch(name, "an object", value);
  return value;
}

function mismatch(name: string, expected: string, found: JsonValue): ProtobufError {
  return new ProtobufError(`${name}: expected ${expected}, found ${JSON.stringify(found)}`);
}

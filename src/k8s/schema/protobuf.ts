import type { JsonObject, JsonValue } from "../json.ts";
import { leanMessagePlan, messagePlan, ProtobufError } from "./protobuf-plan.ts";
import { type Envelope, readEnvelope, readObject } from "./protobuf-reader.ts";
import { writeEnvelope, writeObject } from "./protobuf-writer.ts";
import { schemaOf } from "./schema.ts";
import type { ObjectSchema } from "./schema-types.ts";
import { wireTypes } from "./wire-types.ts";

export { ProtobufError } from "./protobuf-plan.ts";

/** What every body starts with: `k8s` and a zero byte. */
const prefix: Uint8Array = new Uint8Array([0x6b, 0x38, 0x73, 0x00]);

/**
 * An object of a built-in kind from Kubernetes' protobuf encoding, as the JSON that Go would write
 * of it, without nulls. Clients of client-go 0.32 and later send their requests so. Kinds that
 * `isLean` chooses, by default none, come without `metadata.managedFields`, their items too.
 *
 * @throws ProtobufError for bytes that are no such object, or an object of an unknown kind.
 */
export function decodeProtobuf(
  bytes: Uint8Array,
  isLean: (kind: string) => boolean = noKind,
): JsonObject {
  if (!prefix.every((byte, index) => bytes[index] === byte)) {
    throw new ProtobufError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  return attempt(() => {
    const { apiVersion, kind, raw }: Envelope = readEnvelope(bytes.subarray(prefix.length));
    const object: Record<string, JsonValue> = { kind, apiVersion };
    const planOf = isLean(kind) ? leanMessagePlan : messagePlan;
    readObject(raw, schemaOfKind(apiVersion, kind), planOf, object);
    return object;
  });
}

const noKind = (): boolean => false;

/**
 * The protobuf encoding of an object of a built-in kind. Fields that the kind does not have are
 * left out.
 *
 * @throws ProtobufError for an object of an unknown kind, or a value that does not fit its field.
 */
export function encodeProtobuf(object: JsonObject): Uint8Array {
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    throw new ProtobufError("an object without apiVersion and kind has no protobuf encoding");
  }
  const raw = writeObject(object, schemaOfKind(apiVersion, kind));
  const envelope = writeEnvelope(apiVersion, kind, raw);
  const bytes = new Uint8Array(prefix.length + envelope.length);
  bytes.set(prefix);
  bytes.set(envelope, prefix.length);
  return bytes;
}

function schemaOfKind(apiVersion: string, kind: string): ObjectSchema {
  const slash = apiVersion.indexOf("/");
  const schema = schemaOf(
    apiVersion.slice(0, Math.max(slash, 0)),
    apiVersion.slice(slash + 1),
    kind,
    wireTypes(),
  );
  if (schema === undefined) {
    throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  }
  return schema;
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError) throw error;
    throw new ProtobufError("the body ends too early or is no protobuf", { cause: error });
  }
}

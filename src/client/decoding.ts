import type { JsonObject } from "../k8s/json.ts";
import { isJsonObject } from "../k8s/json.ts";
import {
  parseLeanProtobufWatchEvent,
  parseProtobufWatchEvent,
} from "../k8s/protobuf-watch-frames.ts";
import { decodeProtobuf } from "../k8s/schema/protobuf.ts";
import type { ApiResponse, WatchEvent } from "../k8s/transport.ts";
import { parseJsonWatchEvent } from "../k8s/watch-frames.ts";
import { isProtobuf } from "./content-type.ts";
import { SharedValues } from "./shared-values.ts";

/** Makes events and lists of the bytes of a server. */
export interface Decoding {
  /** How the events of a watch are read whose answer has that content type. */
  eventParser(contentType: string | undefined): (bytes: Uint8Array) => WatchEvent;
  /** The answer to a GET, its object read where that is of use to others. */
  answer(response: ApiResponse): ApiResponse;
}

/** Each for itself, as it comes. */
export const plainDecoding: Decoding = {
  eventParser: (type) => (isProtobuf(type) ? parseProtobufWatchEvent : parseJsonWatchEvent),
  answer: (response) => response,
};

/**
 * For thousands of clients that watch the same: who gets the bytes that another has got just now
 * gets the same object, frozen, and the price is a comparison. What is watched or listed comes without
 * `metadata.managedFields`: a node does not read it.
 */
export function createSharedDecoding(): Decoding {
  const values = new SharedValues();
  const shared =
    (parse: (bytes: Uint8Array) => WatchEvent) =>
    (bytes: Uint8Array): WatchEvent =>
      values.of(bytes, parse);
  const parseProtobuf = shared(parseLeanProtobufWatchEvent);
  const parseJson = shared(parseLeanJsonWatchEvent);
  return {
    eventParser: (type) => (isProtobuf(type) ? parseProtobuf : parseJson),
    answer(response) {
      const { status, headers, body } = response;
      if (status !== 200 || body.kind !== "bytes") return response;
      const parse = isProtobuf(headers["content-type"]) ? decodeListLeanly : parseListLeanly;
      try {
        const value = values.of(body.bytes, parse);
        return { status, headers, body: { kind: "object", value } };
      } catch {
        return response; // Whoever reads it says what is wrong.
      }
    },
  };
}

function parseLeanJsonWatchEvent(bytes: Uint8Array): WatchEvent {
  const { type, object } = parseJsonWatchEvent(bytes);
  return { type, object: withoutManagedFields(object) };
}

/** Objects that are no lists may come to be written back, and are left whole. */
function decodeListLeanly(bytes: Uint8Array): JsonObject {
  return decodeProtobuf(bytes, (kind) => kind.endsWith("List"));
}

function parseListLeanly(bytes: Uint8Array): JsonObject {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const object: unknown = JSON.parse(text);
  if (!isJsonObject(object)) throw new TypeError("expected an object");
  const { kind, items } = object;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return object;
  return { ...object, items: items.map((item: JsonObject) => withoutManagedFields(item)) };
}

function withoutManagedFields(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isJsonObject(metadata) || metadata["managedFields"] === undefined) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}

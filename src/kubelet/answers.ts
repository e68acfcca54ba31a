import { isJsonObject, type JsonObject } from "../k8s/json.ts";
import type { ApiResponse } from "../k8s/transport.ts";

/** Headers of requests whose answer is read here, by the type of their body. */
export const jsonHeaders: Readonly<Record<string, string>> = headersOf("application/json");
export const strategicPatchHeaders: Readonly<Record<string, string>> = headersOf(
  "application/strategic-merge-patch+json",
);

const marker = Buffer.from('"resourceVersion":"');
const quote = 0x22;

/**
 * The resource version that an answer gives its object, 0 if it gives none. It is looked up in the
 * bytes and the rest is left alone: most answers to a kubelet are copies of what it has just said,
 * and parsing them would cost more than all else it does. No earlier member of an object's metadata
 * can hold the marker, and within a string its quotes would be escaped.
 */
export function resourceVersionOf({ body }: ApiResponse): number {
  if (body.kind === "object") return versionOf(body.value);
  if (body.kind !== "bytes") return 0;
  const { buffer, byteOffset, byteLength } = body.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const at = bytes.indexOf(marker);
  if (at < 0) return 0;
  const start = at + marker.length;
  return toNumber(bytes.toString("latin1", start, bytes.indexOf(quote, start)));
}

/**
 * Resource versions as numbers, so that an event that is older than an answer is known as such.
 * API servers hand out whole numbers (KEP-5504); anything else counts as 0, "of unknown age".
 */
export function toNumber(resourceVersion: string | undefined): number {
  const number = Number(resourceVersion);
  return Number.isSafeInteger(number) ? number : 0;
}

function versionOf(object: JsonObject): number {
  const { metadata } = object;
  const version = isJsonObject(metadata) ? metadata["resourceVersion"] : undefined;
  return typeof version === "string" ? toNumber(version) : 0;
}

function headersOf(contentType: string): Readonly<Record<string, string>> {
  return { accept: "application/json", "content-type": contentType, "user-agent": "hollowmark" };
}

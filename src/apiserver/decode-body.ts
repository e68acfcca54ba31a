import { load as loadYaml } from "js-yaml";
import { isJsonObject, type JsonObject, type JsonValue } from "../k8s/json.ts";
import { decodeProtobuf } from "../k8s/schema/protobuf.ts";
import { ApiError, badRequest, failure } from "../k8s/status.ts";
import type { ApiRequest } from "../k8s/transport.ts";

/** A body as it was sent. */
export interface DecodedBody {
  readonly value: JsonValue;
  /** The JSON text, when there was one: only it shows fields that were given twice. */
  readonly text?: string;
}

const jsonType = "application/json";
const yamlType = "application/yaml";
const protobufType = "application/vnd.kubernetes.protobuf";
const acceptedTypes: readonly string[] = [jsonType, yamlType, protobufType];

/** The media type of a `Content-Type` header, without parameters; JSON when there is none. */
export function contentTypeOf({ headers }: ApiRequest): string {
  const header = headers?.["content-type"];
  if (header === undefined || header === "") return jsonType;
  return (header.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** Whether there is a body at all. */
export function hasBody({ body }: ApiRequest): boolean {
  return body !== undefined && (body.kind === "object" || body.bytes.length > 0);
}

/**
 * The object in the body of a create, an update or a delete.
 *
 * @throws ApiError 415 for a type that is not known, 400 for a body that is not of its type.
 */
export function decodeObject(
  request: ApiRequest,
  kind: string,
): DecodedBody & { readonly value: JsonObject } {
  const { value, ...rest } = decodeAny(request, contentTypeOf(request), kind);
  if (isJsonObject(value)) return { ...rest, value };
  throw unrecognized(kind, "couldn't get version/kind; json parse error: not an object");
}

/** As JSON or YAML, whichever `contentType` is a kind of; `application/apply-patch+yaml` is YAML. */
export function decodeAny(request: ApiRequest, contentType: string, kind: string): DecodedBody {
  const { body } = request;
  if (body === undefined)
    throw unrecognized(kind, "couldn't get version/kind; json parse error: EOF");
  // Handed over within this process: it is ours from now on.
  if (body.kind === "object") return { value: body.value as JsonObject };
  const { bytes } = body;
  switch (contentType) {
    case protobufType:
      return { value: decodeOrRefuse(kind, () => decodeProtobuf(bytes)) };
    case yamlType:
    case "application/apply-patch+yaml":
      return { value: decodeOrRefuse(kind, () => loadYaml(textOf(bytes)) as JsonValue) };
    case jsonType:
    case "application/json-patch+json":
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json": {
      const text = textOf(bytes);
      return { value: decodeOrRefuse(kind, () => JSON.parse(text) as JsonValue), text };
    }
    default:
      throw unsupportedMediaType(acceptedTypes);
  }
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message =
    "the body of the request was in an unknown format - accepted media types include: " +
    accepted.join(", ");
  return new ApiError(failure(415, "UnsupportedMediaType", message, {}));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function decodeOrRefuse<T>(kind: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${why}`, cause);
  }
}

function unrecognized(kind: string, why: string, cause?: unknown): ApiError {
  return new ApiError(
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}`),
    cause,
  );
}

import { isJsonObject, type JsonObject, type JsonValue } from "../k8s/json.ts";
import { decodeProtobuf } from "../k8s/schema/protobuf.ts";
import { failure, type Status, type StatusReason } from "../k8s/status.ts";
import { type ApiResponse, TransportError } from "../k8s/transport.ts";
import { isProtobuf } from "./content-type.ts";

const decoder = new TextDecoder();

/**
 * The object of an answer.
 *
 * @throws TransportError if it is no JSON object: what answers is no API server.
 */
export function objectOf(response: ApiResponse): JsonObject {
  const { body } = response;
  if (body.kind === "object") return body.value;
  if (body.kind === "none") return {};
  if (body.kind === "bytes") {
    const value = parse(response, body.bytes);
    if (isJsonObject(value)) return value;
  }
  throw new TransportError("protocol", `expected an answer in JSON, found ${contentOf(response)}`);
}

/** The refusal that an answer of 400 or above is, also where it says so in no Status. */
export function statusOf(response: ApiResponse): Status {
  const { body } = response;
  const value =
    body.kind === "bytes" ? parse(response, body.bytes) : body.kind === "object" ? body.value : {};
  if (isJsonObject(value) && value["kind"] === "Status") return statusFrom(value, response);
  const isText = body.kind === "bytes" && !isProtobuf(response.headers["content-type"]);
  return genericStatus(response, isText ? decoder.decode(body.bytes).trim() : "");
}

/** Seconds that `Retry-After` asks to wait; undefined without one, or for one that gives a date. */
export function retryAfterSeconds(response: ApiResponse): number | undefined {
  const text = response.headers["retry-after"];
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** A Status of the wire: only `code` is sure to be there, since the HTTP status stands in for it. */
function statusFrom(value: JsonObject, response: ApiResponse): Status {
  const { code } = value;
  const known = value as unknown as Partial<Status>;
  return {
    ...known,
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    code: typeof code === "number" && code > 0 ? code : response.status,
  };
}

const reasonOfCode: Readonly<Record<number, StatusReason>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The sentences of `NewGenericServerResponse` (apimachinery, `api/errors/errors.go`). */
const messageOfCode: Readonly<Record<number, string>> = {
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};

function genericStatus(response: ApiResponse, text: string): Status {
  const code = response.status;
  const sentence = messageOfCode[code] ?? `the server answered HTTP ${code}`;
  const firstLine = text.split("\n", 1)[0] ?? "";
  const message = firstLine === "" || code === 404 ? sentence : `${sentence}: ${clip(firstLine)}`;
  const seconds = retryAfterSeconds(response);
  return failure(
    code,
    reasonOfCode[code] ?? "Unknown",
    message,
    seconds === undefined ? undefined : { retryAfterSeconds: seconds },
  );
}

function contentOf({ headers, body }: ApiResponse): string {
  if (body.kind === "watch" || body.kind === "stream") return `a ${body.kind}`;
  return headers["content-type"] ?? "bytes of no type";
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** What the bytes say by their content type; undefined if they are not of it. */
function parse({ headers }: ApiResponse, bytes: Uint8Array): JsonValue | undefined {
  try {
    if (isProtobuf(headers["content-type"])) return decodeProtobuf(bytes);
    return JSON.parse(decoder.decode(bytes)) as JsonValue;
  } catch {
    return undefined;
  }
}

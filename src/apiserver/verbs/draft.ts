import { isJsonObject, type JsonObject } from "../../k8s/json.ts";
import { without } from "../../k8s/json-fields.ts";
import { ApiError, badRequest } from "../../k8s/status.ts";
import { type DecodedBody, decodeObject } from "../decode-body.ts";
import type { RequestContext } from "../request-context.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { admitFields, type FieldSource } from "./field-validation.ts";
import type { WriteOptions } from "./write-options.ts";

/**
 * The object in a request's body, in the stored version: of the endpoint's kind, with the fields
 * that its schema knows and nothing else. What the server sets is empty where it is missing.
 *
 * @param previous what is stored under its name, if it replaces that
 * @throws ApiError 400
 */
export function draftFromBody(
  context: RequestContext,
  options: WriteOptions,
  previous?: StoredObject,
): StoredObject {
  const { request, endpoint } = context;
  const before = endpoint.conversion === undefined ? previous : undefined;
  const body = decodeObject(request, endpoint.info.kind);
  return draftOf(context, body, options, { kind: "object", before });
}

/** The same for an object that comes from elsewhere, such as a patch. */
export function draftOf(
  context: RequestContext,
  body: DecodedBody & { readonly value: JsonObject },
  options: WriteOptions,
  source: FieldSource,
): StoredObject {
  const { endpoint } = context;
  const { info, apiVersion } = endpoint;
  const { value } = body;
  const kind = value["kind"] ?? info.kind;
  const version = value["apiVersion"] ?? apiVersion;
  if (kind !== info.kind) {
    const found = `${String(kind)} in version ${JSON.stringify(versionOf(String(version)))}`;
    throw new ApiError(badRequest(`${found} cannot be handled as a ${info.kind}`));
  }
  if (version !== apiVersion) {
    throw new ApiError(
      badRequest(
        `the API version in the data (${String(version)}) does not match the expected API version (${apiVersion})`,
      ),
    );
  }
  const admitted = admitFields(context, body, options.fieldValidation, source);
  const stored = endpoint.conversion?.toStored(admitted) ?? admitted;
  return withSystemFields(stored, kind, endpoint.conversion === undefined ? version : undefined);
}

function withSystemFields(
  object: JsonObject,
  kind: string,
  apiVersion: string | undefined,
): StoredObject {
  const given = isJsonObject(object["metadata"]) ? object["metadata"] : {};
  // Ownership of fields is not tracked, so what clients say of it would be stale.
  const metadata = without(given, "managedFields", "selfLink");
  const result: StoredObject = {
    ...object,
    kind: String(object["kind"] ?? kind),
    apiVersion: String(apiVersion ?? object["apiVersion"]),
    metadata: {
      ...metadata,
      name: textOr(metadata["name"]),
      uid: textOr(metadata["uid"]),
      resourceVersion: textOr(metadata["resourceVersion"]),
      creationTimestamp: textOr(metadata["creationTimestamp"]),
    },
  };
  return result;
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}

/** What a strategy gave back, which keeps the metadata that it was given. */
export function asStored(object: JsonObject): StoredObject {
  return object as StoredObject;
}

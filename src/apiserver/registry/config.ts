import { type JsonObject, jsonEqual } from "../../k8s/json.ts";
import {
  isAbsent,
  objectAt,
  stringAt,
  stringMapAt,
  withDefaults,
  without,
} from "../../k8s/json-fields.ts";
import type { StatusCause } from "../../k8s/status.ts";
import {
  forbiddenField,
  immutable,
  invalidFor,
  invalidValue,
  required,
  tooLong,
} from "./causes.ts";
import type { Strategy } from "./strategy.ts";

/** ConfigMaps and Secrets (`pkg/registry/core/{configmap,secret}/strategy.go`). */

const maxBytes = 1024 * 1024;

/** ConfigMaps. */
export const configMapStrategy: Strategy = {
  validate(configMap) {
    const data = stringMapAt(configMap, "data");
    const binary = stringMapAt(configMap, "binaryData");
    const causes = [...validateKeys(data, "data"), ...validateKeys(binary, "binaryData")];
    for (const key in data) {
      if (!(key in binary)) continue;
      const detail = "duplicate of key present in binaryData";
      causes.push(invalidValue(`data[${key}]`, key, detail));
    }
    const bytes = sizeOf(data) + sizeOf(binary, "base64");
    return bytes > maxBytes ? [...causes, tooLong("", maxBytes)] : causes;
  },
  validateUpdate: (next, previous) => validateImmutable(next, previous, ["data", "binaryData"]),
};

/** Secrets; what is written as `stringData` is read as `data`. */
export const secretStrategy: Strategy = {
  defaults: (secret) => withDefaults(encoded(secret), { type: "Opaque" }),
  validate: validateSecret,
  validateUpdate(next, previous) {
    const causes = [...validateImmutable(next, previous, ["data"])];
    if (next["type"] !== previous["type"]) causes.unshift(immutable("type", next["type"]));
    return causes;
  },
  selectableFields: (secret) => ({ type: stringAt(secret, "type") }),
};

function encoded(secret: JsonObject): JsonObject {
  if (isAbsent(secret["stringData"])) return secret;
  const data: Record<string, string> = { ...stringMapAt(secret, "data") };
  for (const [key, text] of Object.entries(stringMapAt(secret, "stringData"))) {
    data[key] = Buffer.from(text).toString("base64");
  }
  return { ...without(secret, "stringData"), data };
}

/** The keys that a Secret of some types must have. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};
const accountToken = "kubernetes.io/service-account-token";
const accountName = "kubernetes.io/service-account.name";

function validateSecret(secret: JsonObject): readonly StatusCause[] {
  const data = stringMapAt(secret, "data");
  const type = stringAt(secret, "type");
  const causes = [...validateKeys(data, "data")];
  if (sizeOf(data, "base64") > maxBytes) causes.push(tooLong("data", maxBytes));
  for (const key of requiredKeys[type] ?? []) {
    if (!(key in data)) causes.push(required(`data[${key}]`));
  }
  if (type === "kubernetes.io/basic-auth" && !("username" in data) && !("password" in data)) {
    causes.push(required("data[username]"), required("data[password]"));
  }
  if (type === accountToken && isAbsent(objectAt(secret, "metadata", "annotations")[accountName])) {
    causes.push(required(`metadata.annotations[${accountName}]`));
  }
  return causes;
}

function validateKeys(
  data: Readonly<Record<string, string>>,
  path: string,
): readonly StatusCause[] {
  return Object.keys(data).flatMap((key) => invalidFor(`${path}[${key}]`, key, keyErrors(key)));
}

/** `IsConfigMapKey` of `apimachinery/pkg/util/validation`. */
function keyErrors(key: string): readonly string[] {
  const messages: string[] = [];
  if (key.length > 253) messages.push("must be no more than 253 characters");
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    messages.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
        "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " +
        "regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === ".") messages.push("must not be '.'");
  if (key === "..") messages.push("must not be '..'");
  else if (key.startsWith("..")) messages.push("must not start with '..'");
  return messages;
}

function sizeOf(data: Readonly<Record<string, string>>, encoding?: "base64"): number {
  let bytes = 0;
  for (const key in data) bytes += Buffer.byteLength(data[key] ?? "", encoding);
  return bytes;
}

function validateImmutable(
  next: JsonObject,
  previous: JsonObject,
  fields: readonly string[],
): readonly StatusCause[] {
  if (previous["immutable"] !== true) return [];
  const detail = "field is immutable when `immutable` is set";
  const causes = next["immutable"] === true ? [] : [forbiddenField("immutable", detail)];
  for (const field of fields) {
    if (!jsonEqual(next[field], previous[field])) causes.push(forbiddenField(field, detail));
  }
  return causes;
}

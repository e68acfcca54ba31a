import { isJsonObject } from "../k8s/json.ts";
import type { PodTemplateSpec } from "../k8s/types/core.ts";

/** The label by which a Deployment tells the pods of its ReplicaSets apart. */
export const podTemplateHash = "pod-template-hash";

const safeCharacters = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short name for a template, fit for labels and object names: the same for the same template, and
 * another one after a collision. It is not the number that kube-controller-manager computes (that
 * one hashes Go's memory layout), and need not be: objects are found by comparing templates.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number = 0): string {
  const text =
    canonicalText(withoutHash(template)) + (collisionCount === 0 ? "" : `${collisionCount}`);
  const encoder = new TextEncoder();
  // FNV-1a, as Kubernetes uses, here over canonical JSON.
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return safeEncode(`${hash >>> 0}`);
}

/** No vowels and no digits that look like them, so that no hash is a bad word (`rand.SafeEncodeString`). */
function safeEncode(text: string): string {
  const encoded = [...text].map(
    (character) => safeCharacters[character.charCodeAt(0) % safeCharacters.length],
  );
  return encoded.join("");
}

/** Whether two templates ask for the same pods; the hash label does not count (`EqualIgnoreHash`). */
export function sameTemplate(left: PodTemplateSpec, right: PodTemplateSpec): boolean {
  return semanticallyEqual(withoutHash(left), withoutHash(right));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHash]: _hash, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: _time, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

/** As `equality.Semantic` of apimachinery: what is empty and what is absent are the same. */
function semanticallyEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isEmpty(left)) return isEmpty(right);
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((element, index) => semanticallyEqual(element, right[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  for (const key in left) if (!semanticallyEqual(left[key], right[key])) return false;
  for (const key in right) if (!(key in left) && !isEmpty(right[key])) return false;
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).every((key) => isEmpty(value[key]));
}

/** JSON with sorted members, without what is empty. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((key) => !isEmpty(value[key]))
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`);
  return `{${members.join(",")}}`;
}

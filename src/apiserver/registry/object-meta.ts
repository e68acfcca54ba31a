import type { JsonObject } from "../../k8s/json.ts";
import { objectsAt, stringAt, stringMapAt, stringsAt } from "../../k8s/json-fields.ts";
import { dns1123SubdomainErrors, qualifiedNameErrors } from "../../k8s/names.ts";
import type { StatusCause } from "../../k8s/status.ts";
import { forbiddenField, invalidFor, invalidValue, required, tooLong } from "./causes.ts";
import { validateLabels } from "./label-validation.ts";

const annotationsMaxBytes = 256 * 1024;

/** What `validateObjectMeta` must know of the kind. */
export interface ObjectMetaRules {
  /** Default: a DNS-1123 subdomain. */
  readonly validateName?: (name: string) => readonly string[];
}

/**
 * The metadata of an object that is created, after names were generated
 * (`apimachinery/pkg/api/validation/objectmeta.go`). Whether the namespace fits is the router's matter.
 */
export function validateObjectMeta(
  metadata: JsonObject,
  { validateName = dns1123SubdomainErrors }: ObjectMetaRules,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const prefix = stringAt(metadata, "generateName");
  // A prefix may end in a dash: what is generated goes on in letters.
  const asIfEnded = prefix.replace(/-$/, "a");
  if (prefix !== "") {
    causes.push(...invalidFor("metadata.generateName", prefix, validateName(asIfEnded)));
  }
  const name = stringAt(metadata, "name");
  if (name === "") causes.push(required("metadata.name", "name or generateName is required"));
  else causes.push(...invalidFor("metadata.name", name, validateName(name)));
  causes.push(...validateCommon(metadata));
  causes.push(...validateFinalizers(stringsAt(metadata, "finalizers")));
  return causes;
}

/** The metadata that an update may change; that names and times stay is seen to elsewhere. */
export function validateObjectMetaUpdate(
  next: JsonObject,
  previous: JsonObject,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  if (previous["deletionTimestamp"] !== undefined) {
    const before = new Set(stringsAt(previous, "finalizers"));
    const added = stringsAt(next, "finalizers").filter((name) => !before.has(name));
    if (added.length > 0) {
      const names = added.sort().map((name) => JSON.stringify(name));
      const detail =
        "no new finalizers can be added if the object is being deleted, " +
        `found new finalizers []string{${names.join(", ")}}`;
      causes.push(forbiddenField("metadata.finalizers", detail));
    }
  }
  // What did not change was valid before: updates of a status keep all three maps as they are.
  if (
    next["labels"] !== previous["labels"] ||
    next["annotations"] !== previous["annotations"] ||
    next["ownerReferences"] !== previous["ownerReferences"]
  ) {
    causes.push(...validateCommon(next));
  }
  if (next["finalizers"] !== previous["finalizers"]) {
    causes.push(...validateFinalizers(stringsAt(next, "finalizers")));
  }
  return causes;
}

function validateCommon(metadata: JsonObject): readonly StatusCause[] {
  return [
    ...validateLabels(stringMapAt(metadata, "labels"), "metadata.labels"),
    ...validateAnnotations(stringMapAt(metadata, "annotations"), "metadata.annotations"),
    ...validateOwnerReferences(objectsAt(metadata, "ownerReferences")),
  ];
}

/** Annotations, of an object or of a pod template. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>>,
  path: string,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const key in annotations) {
    // The case of a key does not matter, unlike that of a label.
    causes.push(...invalidFor(path, key, qualifiedNameErrors(key.toLowerCase())));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (bytes > annotationsMaxBytes) causes.push(tooLong(path, annotationsMaxBytes));
  return causes;
}

function validateOwnerReferences(references: readonly JsonObject[]): readonly StatusCause[] {
  const path = "metadata.ownerReferences";
  const causes: StatusCause[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    if (stringAt(reference, "apiVersion") === "") {
      causes.push(invalidValue(`${path}.apiVersion`, "", "version must not be empty"));
    }
    for (const field of ["kind", "name", "uid"]) {
      if (stringAt(reference, field) !== "") continue;
      causes.push(invalidValue(`${path}.${field}`, "", "must not be empty"));
    }
    if (reference["controller"] !== true) continue;
    const name = `${stringAt(reference, "kind")}/${stringAt(reference, "name")}`;
    if (controller !== undefined) {
      const detail =
        "Only one reference can have Controller set to true. " +
        `Found "true" in references for ${controller} and ${name}`;
      causes.push(invalidValue(path, references, detail));
    }
    controller ??= name;
  }
  return causes;
}

function validateFinalizers(finalizers: readonly string[]): readonly StatusCause[] {
  const path = "metadata.finalizers";
  const causes: StatusCause[] = [];
  for (const name of finalizers) causes.push(...invalidFor(path, name, qualifiedNameErrors(name)));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const detail = "finalizer orphan and foregroundDeletion cannot be both set";
    causes.push(invalidValue(path, finalizers, detail));
  }
  return causes;
}

import { ApiError, badRequest, invalid } from "../../k8s/status.ts";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** The query of a create, update or patch. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

/** @throws ApiError 422 for values that do not exist. */
export function parseWriteOptions(
  query: Readonly<Record<string, string>>,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
): WriteOptions {
  return {
    dryRun: isDryRun(query["dryRun"], kind),
    fieldValidation: fieldValidationOf(query, kind),
  };
}

/** @throws ApiError 422 for anything but `All`. */
export function isDryRun(text: string | undefined, kind: string): boolean {
  if (text === undefined || text === "") return false;
  if (text === "All") return true;
  throw unsupported(kind, "dryRun", [text], ["All"]);
}

function fieldValidationOf(query: Readonly<Record<string, string>>, kind: string): FieldValidation {
  const text = query["fieldValidation"] ?? "";
  if (text === "Ignore" || text === "Strict" || text === "Warn") return text;
  if (text === "") return "Warn";
  throw unsupported(kind, "fieldValidation", text, ["", "Ignore", "Strict", "Warn"]);
}

function unsupported(
  kind: string,
  field: string,
  value: string | readonly string[],
  supported: readonly string[],
): ApiError {
  const values = supported.map((name) => JSON.stringify(name)).join(", ");
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`;
  const cause = { reason: "FieldValueNotSupported", field, message };
  return new ApiError(invalid({ group: "meta.k8s.io", kind }, "", [cause]));
}

/** @throws ApiError 400 for a whole number that is none. */
export function wholeNumberOf(text: string, name: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(badRequest(`${name}: expected a whole number, found ${JSON.stringify(text)}`));
}

import { type FieldRequirement, parseFieldSelector } from "../../k8s/field-selector.ts";
import { type LabelMatcher, parseLabelSelector, SelectorError } from "../../k8s/label-selector.ts";
import { ApiError, badRequest } from "../../k8s/status.ts";
import type { Endpoint } from "../endpoint.ts";
import type { RequestContext } from "../request-context.ts";
import type { Selection } from "../store/selection.ts";
import type { StoredObject } from "../store/stored-object.ts";

/**
 * What a list, a watch or a deletecollection selects: by namespace, name, and the selectors of the
 * query. Terms that an index answers are taken out of the selector.
 *
 * @throws ApiError 400 for a selector that cannot be read, or names an unsupported field.
 */
export function selectionOf({ endpoint, info, query }: RequestContext): Selection {
  const labels = parseOrRefuse(() => labelMatcherOf(query["labelSelector"]));
  const terms = parseOrRefuse(() => fieldTermsOf(endpoint, query["fieldSelector"]));
  const selection: { -readonly [Key in keyof Selection]: Selection[Key] } = {};
  if (info.namespace !== undefined) selection.namespace = info.namespace;
  if (info.name !== undefined) selection.name = info.name;
  const others = terms.filter(({ field, operator, value }) => {
    if (operator !== "=") return true;
    if (field === "metadata.name" && (selection.name ?? value) === value) selection.name = value;
    else if (field === "metadata.namespace" && (selection.namespace ?? value) === value) {
      selection.namespace = value;
    } else if (field === endpoint.indexedField?.label) selection.indexed = value;
    else return true;
    return false;
  });
  const matches = matcherOf(endpoint, labels, others);
  return matches === undefined ? selection : { ...selection, matches };
}

/** Whether selectors were given: then a list does not tell how many objects remain. */
export function hasSelectors({ query }: RequestContext): boolean {
  return (query["labelSelector"] ?? "") !== "" || (query["fieldSelector"] ?? "") !== "";
}

function parseOrRefuse<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) throw new ApiError(badRequest(error.message), error);
    throw error;
  }
}

function labelMatcherOf(text: string | undefined): LabelMatcher | undefined {
  return text === undefined || text === "" ? undefined : parseLabelSelector(text);
}

function fieldTermsOf(endpoint: Endpoint, text: string | undefined): readonly FieldRequirement[] {
  if (text === undefined || text === "") return [];
  return parseFieldSelector(text).map((term) => {
    const field = endpoint.conversion?.fieldLabel?.(term.field) ?? term.field;
    if (endpoint.selectableFields.has(field)) return { ...term, field };
    throw new ApiError(badRequest(unsupportedField(endpoint, term.field)));
  });
}

function unsupportedField({ strategy, selectableFields }: Endpoint, field: string): string {
  if (strategy.selectableFields !== undefined) return `field label not supported: ${field}`;
  const known = [...selectableFields].map((name) => JSON.stringify(name)).join(", ");
  return `${JSON.stringify(field)} is not a known field selector: only ${known}`;
}

function matcherOf(
  endpoint: Endpoint,
  labels: LabelMatcher | undefined,
  terms: readonly FieldRequirement[],
): ((object: StoredObject) => boolean) | undefined {
  const fields = terms.length === 0 ? undefined : fieldMatcher(endpoint, terms);
  if (labels === undefined) return fields;
  if (fields === undefined) return ({ metadata }) => labels(metadata.labels);
  return (object) => labels(object.metadata.labels) && fields(object);
}

function fieldMatcher(
  endpoint: Endpoint,
  terms: readonly FieldRequirement[],
): (object: StoredObject) => boolean {
  const { indexedField, strategy } = endpoint;
  // Most selectors name the indexed field alone: they need not gather the others.
  const onlyIndexed = terms.every(({ field }) => field === indexedField?.label);
  const valuesOf = (object: StoredObject): Readonly<Record<string, string>> => {
    if (onlyIndexed) return { [indexedField?.label ?? ""]: indexedField?.value(object) ?? "" };
    return strategy.selectableFields?.(object) ?? {};
  };
  return (object) => {
    const values = valuesOf(object);
    return terms.every(({ field, operator, value }) => {
      return (fieldValue(object, values, field) === value) === (operator === "=");
    });
  };
}

function fieldValue(
  { metadata }: StoredObject,
  values: Readonly<Record<string, string>>,
  field: string,
): string {
  if (field === "metadata.name") return metadata.name;
  if (field === "metadata.namespace") return metadata.namespace ?? "";
  return values[field] ?? "";
}

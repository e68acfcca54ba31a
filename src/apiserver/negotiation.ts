import { ApiError, failure } from "../k8s/status.ts";

/** The form of an answer. */
export interface Representation {
  readonly encoding: "json" | "yaml";
  readonly as: "object" | "Table" | "PartialObjectMetadata";
}

/** Forms of a discovery document. */
export type DiscoveryForm =
  | { readonly kind: "legacy" }
  | { readonly kind: "aggregated"; readonly version: "v2" | "v2beta1" };

interface Clause {
  /** Lower case: `application/json`. */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const asObject: Representation = { encoding: "json", as: "object" };

/**
 * The first form that an `Accept` header asks for and this server has, as
 * `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go` finds it.
 *
 * @throws ApiError 406 when there is none.
 */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === "" || accept === "*/*" || accept === "application/json") {
    return asObject;
  }
  const known = negotiated.get(accept);
  if (known !== undefined) return known;
  for (const clause of parseAccept(accept)) {
    const found = representationOf(clause);
    if (found === undefined) continue;
    if (negotiated.size < negotiatedMax) negotiated.set(accept, found);
    return found;
  }
  throw notAcceptable();
}

/** By header: the programs that ask have a handful of them. */
const negotiated = new Map<string, Representation>();
const negotiatedMax = 100;

export function negotiateDiscovery(accept: string | undefined): DiscoveryForm {
  for (const { type, parameters } of parseAccept(accept ?? "")) {
    if (!isJson(type)) continue;
    const { g, v, as } = parameters;
    if (as === undefined) return { kind: "legacy" };
    if (as !== "APIGroupDiscoveryList" || g !== "apidiscovery.k8s.io") continue;
    if (v === "v2" || v === "v2beta1") return { kind: "aggregated", version: v };
  }
  return { kind: "legacy" };
}

function representationOf({ type, parameters }: Clause): Representation | undefined {
  const encoding = isJson(type) ? "json" : isYaml(type) ? "yaml" : undefined;
  if (encoding === undefined) return undefined;
  const { as, g, v } = parameters;
  if (as === undefined) return { encoding, as: "object" };
  if (g !== "meta.k8s.io" || v !== "v1") return undefined;
  if (as === "Table") return { encoding, as };
  if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
    return { encoding, as: "PartialObjectMetadata" };
  }
  return undefined;
}

function isJson(type: string): boolean {
  return type === "application/json" || type === "application/*" || type === "*/*";
}

function isYaml(type: string): boolean {
  return type === "application/yaml";
}

/** The clauses of an `Accept` header, the most wanted first. */
function parseAccept(header: string): readonly Clause[] {
  const clauses = header.split(",").map((text) => {
    const [type = "", ...pairs] = text.split(";").map((part) => part.trim());
    const parameters: Record<string, string> = {};
    for (const pair of pairs) {
      const [name = "", value = ""] = pair.split("=", 2);
      parameters[name.toLowerCase()] = value.replace(/^"|"$/g, "");
    }
    return { type: type.toLowerCase(), parameters };
  });
  const qualityOf = ({ parameters }: Clause): number => Number(parameters["q"] ?? 1);
  return clauses.sort((left, right) => qualityOf(right) - qualityOf(left));
}

function notAcceptable(): ApiError {
  const message = "only the following media types are accepted: application/json, application/yaml";
  return new ApiError(failure(406, "NotAcceptable", message, {}));
}

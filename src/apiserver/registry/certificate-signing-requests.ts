import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt, stringsAt } from "../../k8s/json-fields.ts";
import { dns1123SubdomainErrors, pathSegmentErrors } from "../../k8s/names.ts";
import { parseCertificateRequest, requestLabel } from "../../k8s/pki/certificate-request.ts";
import { DerError } from "../../k8s/pki/der-reader.ts";
import { decodePem } from "../../k8s/pki/pem.ts";
import { ApiError, forbidden, type StatusCause } from "../../k8s/status.ts";
import { duplicate, forbiddenField, invalidValue, notSupported, required } from "./causes.ts";
import type { Strategy, StrategyContext } from "./strategy.ts";

const minSeconds = 600;
const usages: readonly string[] = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
/** The conditions that only the subresource `approval` may set. */
const decisions: readonly string[] = ["Approved", "Denied"];

/** CertificateSigningRequests (`pkg/registry/certificates/certificates/strategy.go`). */
export const certificateSigningRequestStrategy: Strategy = {
  // Names of digests have capitals and underscores.
  validateName: pathSegmentErrors,
  prepareForCreate(request, { user }) {
    refuseAdministrators(request);
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = objectAt(request, "spec");
    return {
      ...request,
      spec: { ...spec, username: user.name, groups: user.groups },
      status: {},
    };
  },
  prepareForUpdate: (next, previous) => ({ ...next, spec: previous["spec"] }),
  prepareForStatusUpdate: (next, previous, context) =>
    withTimes({ ...next, spec: previous["spec"] }, previous, context),
  approval: {
    prepare(next, previous, context) {
      const conditions = objectsAt(objectAt(next, "status"), "conditions");
      const status = { ...objectAt(previous, "status"), conditions };
      return withTimes({ ...next, spec: previous["spec"], status }, previous, context);
    },
    validate: (next, previous) => [
      ...validateDecisions(next, previous, "approval"),
      ...validateConditions(next),
    ],
  },
  validate: validateSpec,
  validateStatusUpdate: (next, previous) => [
    ...validateDecisions(next, previous, "status"),
    ...validateConditions(next),
    ...validateCertificate(next, previous),
  ],
  selectableFields: (request) => ({
    "spec.signerName": stringAt(objectAt(request, "spec"), "signerName"),
  }),
};

/** The admission plugin CertificateSubjectRestriction. */
function refuseAdministrators(request: JsonObject): void {
  const spec = objectAt(request, "spec");
  const signer = "kubernetes.io/kube-apiserver-client";
  if (stringAt(spec, "signerName") !== signer) return;
  if (!organizationsOf(stringAt(spec, "request")).includes("system:masters")) return;
  const of = { group: "certificates.k8s.io", plural: "certificatesigningrequests" };
  const why = `use of ${signer} signer with system:masters group is not allowed`;
  throw new ApiError(forbidden(of, stringAt(objectAt(request, "metadata"), "name"), why));
}

function organizationsOf(base64: string): readonly string[] {
  const [block] = decodePem(Buffer.from(base64, "base64").toString());
  try {
    return block === undefined ? [] : parseCertificateRequest(block.bytes).subject.organizations;
  } catch (error) {
    if (error instanceof DerError) return []; // Whoever signs will refuse it.
    throw error;
  }
}

/** When a condition was last written, and since when it has its status. */
function withTimes(next: JsonObject, previous: JsonObject, { now }: StrategyContext): JsonObject {
  const before = objectsAt(objectAt(previous, "status"), "conditions");
  const status = objectAt(next, "status");
  const conditions = objectsAt(status, "conditions").map((condition) => {
    const same = before.find(
      ({ type, status: value }) => type === condition["type"] && value === condition["status"],
    );
    return {
      ...condition,
      lastUpdateTime: condition["lastUpdateTime"] ?? now,
      lastTransitionTime: condition["lastTransitionTime"] ?? same?.["lastTransitionTime"] ?? now,
    };
  });
  return conditions.length === 0 ? next : { ...next, status: { ...status, conditions } };
}

function validateSpec(request: JsonObject): readonly StatusCause[] {
  const spec = objectAt(request, "spec");
  const content = stringAt(spec, "request");
  const [block] = decodePem(Buffer.from(content, "base64").toString());
  const seconds = numberAt(spec, "expirationSeconds");
  const causes: StatusCause[] = [];
  if (block?.label !== requestLabel) {
    const shown = content === "" ? undefined : content;
    causes.push(invalidValue("spec.request", shown, `PEM block type must be ${requestLabel}`));
  }
  causes.push(...validateUsages(stringsAt(spec, "usages")));
  causes.push(...validateSigner(stringAt(spec, "signerName")));
  if (seconds !== undefined && seconds < minSeconds) {
    const detail = "may not specify a duration less than 600 seconds (10 minutes)";
    causes.push(invalidValue("spec.expirationSeconds", seconds, detail));
  }
  return causes;
}

function validateUsages(given: readonly string[]): readonly StatusCause[] {
  if (given.length === 0) return [required("spec.usages")];
  return given.flatMap((usage, index) => {
    const field = `spec.usages[${index}]`;
    return [
      ...(usages.includes(usage) ? [] : [notSupported(field, usage, usages)]),
      ...(given.indexOf(usage) < index ? [duplicate(field, usage)] : []),
    ];
  });
}

function validateSigner(name: string): readonly StatusCause[] {
  if (name === "") return [required("spec.signerName")];
  const [domain = "", path = "", ...others] = name.split("/");
  const isQualified = others.length === 0 && path !== "" && domain.includes(".");
  if (isQualified && dns1123SubdomainErrors(domain).length === 0) return [];
  const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
  return [invalidValue("spec.signerName", name, detail)];
}

function validateDecisions(
  next: JsonObject,
  previous: JsonObject,
  part: "status" | "approval",
): readonly StatusCause[] {
  const field = "status.conditions";
  const typesOf = (request: JsonObject): readonly JsonValue[] =>
    objectsAt(objectAt(request, "status"), "conditions").map(({ type }) => type ?? "");
  const before = typesOf(previous);
  const after = typesOf(next);
  const causes: StatusCause[] = [];
  for (const type of [...decisions, "Failed"]) {
    const text = JSON.stringify(type);
    const maySet = part === "approval" || !decisions.includes(type);
    if (before.includes(type) && !after.includes(type)) {
      causes.push(forbiddenField(field, `updates may not remove a condition of type ${text}`));
    } else if (!maySet && after.includes(type) && !before.includes(type)) {
      causes.push(forbiddenField(field, `updates may not add a condition of type ${text}`));
    }
  }
  const [, second] = after.filter((type) => decisions.includes(String(type)));
  if (second !== undefined) {
    const detail = "Approved and Denied conditions are mutually exclusive";
    causes.push(invalidValue(field, second, detail));
  }
  return causes;
}

function validateConditions(request: JsonObject): readonly StatusCause[] {
  const conditions = objectsAt(objectAt(request, "status"), "conditions");
  const types = conditions.map(({ type }) => type);
  return conditions.flatMap((condition, index) => {
    const field = `status.conditions[${index}]`;
    const type = stringAt(condition, "type");
    const status = stringAt(condition, "status");
    const mustBeTrue = decisions.includes(type) || type === "Failed";
    const supported = mustBeTrue ? ["True"] : ["False", "True", "Unknown"];
    return [
      ...(type === "" ? [required(`${field}.type`)] : []),
      ...(status === "" ? [required(`${field}.status`)] : []),
      ...(status === "" || supported.includes(status)
        ? []
        : [notSupported(`${field}.status`, status, supported)]),
      ...(types.indexOf(type) < index ? [duplicate(`${field}.type`, type)] : []),
    ];
  });
}

function validateCertificate(next: JsonObject, previous: JsonObject): readonly StatusCause[] {
  const field = "status.certificate";
  const given = stringAt(objectAt(next, "status"), "certificate");
  const before = stringAt(objectAt(previous, "status"), "certificate");
  if (given === before) return [];
  const causes: StatusCause[] = [];
  if (before !== "") {
    causes.push(forbiddenField(field, "updates may not modify existing certificate content"));
  }
  const blocks = decodePem(Buffer.from(given, "base64").toString());
  const other = blocks.find(({ label }) => label !== "CERTIFICATE");
  const shown = "<certificate data>";
  if (blocks.length === 0) {
    causes.push(invalidValue(field, shown, "must contain at least one CERTIFICATE PEM block"));
  } else if (other !== undefined) {
    const found = JSON.stringify(other.label);
    const detail = `only CERTIFICATE PEM blocks are allowed, found ${found}`;
    causes.push(invalidValue(field, shown, detail));
  }
  return causes;
}

import { expect, test } from "vitest";
import { isApiError } from "../k8s/status.ts";
import { negotiate, negotiateDiscovery } from "./negotiation.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

test.each([
  { accept: undefined, expected: { encoding: "json", as: "object" } },
  { accept: "", expected: { encoding: "json", as: "object" } },
  { accept: "*/*", expected: { encoding: "json", as: "object" } },
  { accept: "application/*", expected: { encoding: "json", as: "object" } },
  { accept: "application/yaml", expected: { encoding: "yaml", as: "object" } },
  {
    accept: "application/vnd.kubernetes.protobuf,application/json",
    expected: { encoding: "json", as: "object" },
  },
  { accept: `${table},application/json`, expected: { encoding: "json", as: "Table" } },
  {
    accept: "application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json",
    expected: { encoding: "json", as: "object" },
  },
  {
    accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    expected: { encoding: "json", as: "PartialObjectMetadata" },
  },
  {
    accept: "application/json;q=0.5, application/yaml",
    expected: { encoding: "yaml", as: "object" },
  },
])("Accept: $accept gets $expected", ({ accept, expected }) => {
  expect(negotiate(accept)).toEqual(expected);
});

test.each(["text/html", "application/vnd.kubernetes.protobuf", `${table}x`])(
  "Accept: %s is not acceptable",
  (accept) => {
    let refusal: unknown;
    try {
      negotiate(accept);
    } catch (error) {
      refusal = error;
    }
    expect(isApiError(refusal, "NotAcceptable")).toBe(true);
  },
);

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

test.each([
  { accept: undefined, expected: { kind: "legacy" } },
  { accept: "application/json", expected: { kind: "legacy" } },
  {
    accept: `${aggregated("v2")},application/json`,
    expected: { kind: "aggregated", version: "v2" },
  },
  {
    accept: `${aggregated("v2beta1")},application/json`,
    expected: { kind: "aggregated", version: "v2beta1" },
  },
  {
    accept: `${aggregated("v3")},${aggregated("v2beta1")}`,
    expected: { kind: "aggregated", version: "v2beta1" },
  },
  { accept: aggregated("v3"), expected: { kind: "legacy" } },
])("discovery for Accept: $accept is $expected", ({ accept, expected }) => {
  expect(negotiateDiscovery(accept)).toEqual(expected);
});

import { expect, test } from "vitest";
import type { ResponseBody } from "../k8s/transport.ts";
import { resourceVersionOf, toNumber } from "./answers.ts";

const bytes = (text: string): ResponseBody => ({
  kind: "bytes",
  bytes: new TextEncoder().encode(text),
});

test.each<{ readonly name: string; readonly body: ResponseBody; readonly version: number }>([
  {
    name: "an object",
    body: { kind: "object", value: { metadata: { resourceVersion: "12" } } },
    version: 12,
  },
  {
    name: "bytes",
    body: bytes(
      '{"kind":"Lease","metadata":{"name":"a","uid":"b","resourceVersion":"34"},"spec":{}}',
    ),
    version: 34,
  },
  {
    name: "bytes in which a text speaks of a resource version first",
    body: bytes(
      `{"metadata":{"annotations":${JSON.stringify({ last: '{"resourceVersion":"1"}' })},"resourceVersion":"56"}}`,
    ),
    version: 56,
  },
  { name: "an answer without one", body: bytes("{}"), version: 0 },
  { name: "an answer without a body", body: { kind: "none" }, version: 0 },
])("the resource version of $name", ({ body, version }) => {
  expect(resourceVersionOf({ status: 200, headers: {}, body })).toBe(version);
});

test.each([
  { text: "7", number: 7 },
  { text: undefined, number: 0 },
  { text: "v7", number: 0 },
  { text: "99999999999999999999", number: 0 },
])("resource version $text counts as $number", ({ text, number }) => {
  expect(toNumber(text)).toBe(number);
});

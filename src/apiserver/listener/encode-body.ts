import { dump as dumpYaml } from "js-yaml";
import type { JsonObject } from "../../k8s/json.ts";
import type { ApiRequest } from "../../k8s/transport.ts";

/** How an object is written. */
export interface Encoding {
  readonly format: "json" | "yaml";
  readonly isPretty: boolean;
}

/** Objects of a list that are encoded in one go: between two slices others get their turn. */
const sliceLength = 500;

/** JSON is indented for browsers and for people with curl, as kube-apiserver does. */
export function encodingFor({ headers, query }: ApiRequest, contentType: string): Encoding {
  const asked = query?.["pretty"];
  const agent = headers?.["user-agent"] ?? "";
  return {
    format: contentType.startsWith("application/yaml") ? "yaml" : "json",
    isPretty:
      asked === undefined
        ? /^(curl|Wget|Mozilla\/5\.0)/.test(agent)
        : asked !== "false" && asked !== "0",
  };
}

/** The object in pieces: long lists come in slices, all else in one. */
export function* encodeObject(value: JsonObject, encoding: Encoding): Generator<Buffer> {
  const { items } = value;
  const isLong = Array.isArray(items) && items.length > sliceLength;
  if (!isLong || encoding.format === "yaml" || encoding.isPretty) {
    yield encodeWhole(value, encoding);
    return;
  }
  const { items: _, ...others } = value;
  yield Buffer.from(`${JSON.stringify(others).slice(0, -1)},"items":[`);
  for (let start = 0; start < items.length; start += sliceLength) {
    const slice = JSON.stringify(items.slice(start, start + sliceLength)).slice(1, -1);
    yield Buffer.from(start === 0 ? slice : `,${slice}`);
  }
  yield Buffer.from("]}\n");
}

/** As Go's YAML writer does it. */
const yamlStyle = { lineWidth: -1, sortKeys: true, noArrayIndent: true, quotingType: '"' } as const;

function encodeWhole(value: JsonObject, { format, isPretty }: Encoding): Buffer {
  if (format === "yaml") return Buffer.from(dumpYaml(value, yamlStyle));
  return Buffer.from(`${JSON.stringify(value, undefined, isPretty ? 2 : undefined)}\n`);
}

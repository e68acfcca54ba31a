import { describe, expect, test } from "vitest";
import type { LogFields } from "../base/log.ts";
import { parseTime } from "../base/rfc3339.ts";
import { createTestEnv } from "../base/test-env.ts";
import type { ApiRequest, Transport } from "../k8s/transport.ts";
import { formatKlog } from "./klog.ts";
import { withRequestLog } from "./request-log.ts";

const at = {
  severity: "I",
  timeMs: parseTime("2026-11-24T11:26:03.123Z") ?? 0,
  processId: 4242,
  source: { file: "kubelet.go", line: 17 },
  message: "Starting",
} as const;
const head = "1124 11:26:03.123000    4242 kubelet.go:17]";

test.each([
  { name: "no fields", line: { ...at, fields: {} }, text: `I${head} "Starting"` },
  {
    name: "text, numbers and what is not there",
    line: { ...at, fields: { node: 'a "b"', count: 3, ok: true, none: undefined } },
    text: `I${head} "Starting" node="a \\"b\\"" count=3 ok=true`,
  },
  {
    name: "an error with its cause, before all else",
    line: {
      ...at,
      severity: "E" as const,
      fields: { node: "a", error: new Error("no lease", { cause: new Error("refused") }) },
    },
    text: `E${head} "Starting" err="no lease: refused" node="a"`,
  },
  {
    name: "text of several lines",
    line: { ...at, fields: { headers: "Accept: a\nHost: b" } },
    text: `I${head} "Starting" headers=<\n\tAccept: a\n\tHost: b\n >`,
  },
  {
    name: "a list",
    line: { ...at, fields: { pods: ["a"] } },
    text: `I${head} "Starting" pods="[\\"a\\"]"`,
  },
])("klog writes $name", ({ line, text }) => {
  expect(formatKlog(line)).toBe(text);
});

describe("a request is logged as by client-go", () => {
  const request: ApiRequest = {
    method: "GET",
    path: "/api/v1/pods",
    query: { watch: "true", fieldSelector: "spec.nodeName=a b" },
    headers: { "user-agent": "hollow-kubelet", accept: "application/json", authorization: "t" },
  };
  const url = "https://127.0.0.1:6443/api/v1/pods?fieldSelector=spec.nodeName%3Da+b&watch=true";

  async function logged(verbosity: number, answer?: Error): Promise<readonly unknown[]> {
    const env = createTestEnv();
    const lines: unknown[] = [];
    const next: Transport = async () => {
      await env.clock.advance(7);
      if (answer !== undefined) throw answer;
      return { status: 200, headers: { "content-type": "a" }, body: { kind: "none" } };
    };
    const transport = withRequestLog(
      next,
      {
        verbosity,
        server: "https://127.0.0.1:6443",
        write: ({ file }, message, fields) => lines.push({ file, message, ...fields }),
      },
      env.clock,
    );
    const done = transport(request);
    if (answer === undefined) await done;
    else await expect(done).rejects.toBe(answer);
    return lines;
  }

  const file = "round_trippers.go";
  const headers = "Accept: application/json\nAuthorization: <masked>\nUser-Agent: hollow-kubelet";
  const status = "200 OK";
  test.each([
    { verbosity: 5, lines: [] },
    {
      verbosity: 6,
      lines: [{ file, message: "Response", verb: "GET", url, status, milliseconds: 7 }],
    },
    {
      verbosity: 7,
      lines: [
        { file, message: "Request", verb: "GET", url, headers },
        { file, message: "Response", status, milliseconds: 7 },
      ],
    },
    {
      verbosity: 8,
      lines: [
        { file, message: "Request", verb: "GET", url, headers },
        { file, message: "Response", status, headers: "Content-Type: a", milliseconds: 7 },
      ],
    },
  ])("at -v=$verbosity", async ({ verbosity, lines }) => {
    expect(await logged(verbosity)).toEqual(lines);
  });

  test("without a question mark where it has no parameters", async () => {
    const urls: unknown[] = [];
    const env = createTestEnv();
    const next: Transport = async () => ({ status: 200, headers: {}, body: { kind: "none" } });
    const write = (_: unknown, __: string, { url }: LogFields) => urls.push(url);
    const transport = withRequestLog(next, { verbosity: 6, server: "https://a", write }, env.clock);
    await transport({ method: "GET", path: "/version", query: {} });
    await transport({ method: "GET", path: "/version" });
    expect(urls).toEqual(["https://a/version", "https://a/version"]);
  });

  test("also without an answer, which has no status then", async () => {
    expect(await logged(6, new Error("refused"))).toEqual([
      { file, message: "Response", verb: "GET", url, status: "", milliseconds: 7 },
    ]);
  });
});

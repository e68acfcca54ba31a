import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serverCertificate } from "../../src/client/test-certificates.fixture.ts";
import { startTestServer, type TestRequest } from "../../src/client/test-server.fixture.ts";
import { startHeaderRecorder } from "./run-headers.ts";

let folder: string;
let caFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hollowmark-test-"));
  caFile = join(folder, "apiserver.crt");
  await writeFile(caFile, serverCertificate.cert);
  await writeFile(join(folder, "apiserver.key"), serverCertificate.key);
});
afterEach(() => rm(folder, { recursive: true }));

/** Answers with what was asked; a watch stays open. */
function echo({ stream, method, path, index }: TestRequest): void {
  stream.respond({ "audit-id": `audit-${index}`, "content-type": "text/plain" });
  if (path.includes("watch=true")) stream.write("event");
  else void text(stream).then((body) => stream.end(`${method} ${body}`));
}

test.each([
  { method: "GET", body: undefined, answer: "GET " },
  { method: "POST", body: "pod", answer: "POST pod" },
  { method: "DELETE", body: "options", answer: "DELETE options" },
])("a $method is passed on whole, and its headers are noted down", async (request) => {
  await using server = await startTestServer(serverCertificate, echo);
  await using recorder = await startHeaderRecorder({ url: server.url, caFile });
  const session = connect(recorder.url, { ca: serverCertificate.cert });
  const stream = session.request(
    { ":method": request.method, accept: "text/plain", "content-type": "text/x" },
    { endStream: request.body === undefined },
  );
  if (request.body !== undefined) stream.end(request.body);
  expect(await text(stream)).toBe(request.answer);
  expect(recorder.headers()).toEqual([
    {
      auditID: "audit-0",
      accept: "text/plain",
      contentType: "text/x",
      answerContentType: "text/plain",
    },
  ]);
  session.close();
});

test("a watch that its client cancels ends at the server too", async () => {
  await using server = await startTestServer(serverCertificate, echo);
  await using recorder = await startHeaderRecorder({ url: server.url, caFile });
  const session = connect(recorder.url, { ca: serverCertificate.cert });
  const stream = session.request({ ":path": "/api/v1/pods?watch=true" });
  await new Promise((resolve) => stream.once("data", resolve));
  expect(server.openStreams()).toBe(1);
  stream.close();
  await vi.waitFor(() => expect(server.openStreams()).toBe(0));
  session.close();
});

test("each connection has one of its own to the server, and they end together", async () => {
  await using server = await startTestServer(serverCertificate, echo);
  await using recorder = await startHeaderRecorder({ url: server.url, caFile });
  const sessions = [1, 2].map(() => connect(recorder.url, { ca: serverCertificate.cert }));
  for (const session of sessions) await text(session.request({}));
  expect(server.sessionCount).toBe(2);
  for (const session of sessions) session.close();
  await vi.waitFor(() => expect(server.sessions.size).toBe(0));
});

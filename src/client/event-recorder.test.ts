import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import { createTestEnv } from "../base/test-env.ts";
import type { JsonObject } from "../k8s/json.ts";
import { forbidden, notFound, type Status } from "../k8s/status.ts";
import { type ApiRequest, TransportError } from "../k8s/transport.ts";
import type { KubeObject } from "../k8s/types/meta.ts";
import { createClient } from "./api-client.ts";
import { createEventCorrelator } from "./event-correlator.ts";
import { createEventRecorder } from "./event-recorder.ts";

const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    namespace: "ns",
    uid: "u1",
    resourceVersion: "5",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
};

function correlate(messages: readonly string[], everyMs = 1_000): string[] {
  const correlator = createEventCorrelator({ component: "test" }, createRandom(1));
  return messages.map((message, index) => {
    const notice = { object: pod, type: "Normal" as const, reason: "Happened", message };
    const action = correlator.decide(notice, index * everyMs);
    if (action.kind === "create") return `create ${action.event.message}`;
    return action.kind === "patch" ? `patch ${action.patch.count} ${action.patch.message}` : "drop";
  });
}

test("an event that repeats is counted", () => {
  expect(correlate(["a", "b", "a", "a"])).toEqual([
    "create a",
    "create b",
    "patch 2 a",
    "patch 3 a",
  ]);
});

test("from the tenth that differs on, similar events are one", () => {
  const messages = Array.from({ length: 12 }, (_, index) => `m${index}`);
  const said = correlate(messages);
  expect(said.slice(0, 9)).toEqual(messages.slice(0, 9).map((message) => `create ${message}`));
  expect(said.slice(9)).toEqual([
    "create (combined from similar events): m9",
    "patch 2 (combined from similar events): m10",
    "patch 3 (combined from similar events): m11",
  ]);
});

test("similar events that are far apart stay apart", () => {
  const messages = Array.from({ length: 12 }, (_, index) => `m${index}`);
  expect(correlate(messages, 600_001)).toEqual(messages.map((message) => `create ${message}`));
});

test("who talks too much about one object is cut", () => {
  const said = correlate(Array(40).fill("a"), 100);
  expect(said.filter((word) => word !== "drop").length).toBe(25);
  // One more each five minutes; what was dropped is counted.
  expect(correlate(Array(27).fill("a"), 150_000).at(-1)).toBe("patch 27 a");
});

test("a clock that is set back silences nobody", () => {
  const correlator = createEventCorrelator({ component: "test" }, createRandom(1));
  const notice = { object: pod, type: "Normal" as const, reason: "Happened", message: "a" };
  const kinds = [10_800_000, 0, 0].map((nowMs) => correlator.decide(notice, nowMs).kind);
  expect(kinds).toEqual(["create", "patch", "patch"]);
});

/** A recorder, and what it sends; `outcomes` are for its first requests. */
function setUp(outcomes: (Status | Error)[] = [], queueMax?: number) {
  const env = createTestEnv();
  const sent: ApiRequest[] = [];
  const client = createClient({
    transport: async (request) => {
      sent.push(request);
      const outcome = outcomes.shift();
      if (outcome instanceof Error) throw outcome;
      const value = (outcome ?? { kind: "Event" }) as JsonObject;
      return { status: outcome?.code ?? 200, headers: {}, body: { kind: "object", value } };
    },
  });
  const recorder = createEventRecorder(
    { client, component: "kubelet", host: "n1", ...(queueMax === undefined ? {} : { queueMax }) },
    env,
  );
  return { env, recorder, sent, clock: env.clock };
}

test("an event says who, what, when and about what", async () => {
  const { recorder, sent, clock } = setUp();
  recorder.event(pod, "Warning", "Failed", "it failed");
  await clock.advance(0);
  expect(sent[0]).toMatchObject({ method: "POST", path: "/api/v1/namespaces/ns/events" });
  const body = sent[0]?.body;
  expect(body?.kind === "object" && body.value).toMatchObject({
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: "ns", name: expect.stringMatching(/^web\.[0-9a-f]{15,16}$/) },
    involvedObject: { kind: "Pod", namespace: "ns", name: "web", uid: "u1", resourceVersion: "5" },
    type: "Warning",
    reason: "Failed",
    message: "it failed",
    source: { component: "kubelet", host: "n1" },
    count: 1,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
  });
});

test("a repeated event is patched, and made anew when it is gone", async () => {
  const gone = notFound({ group: "", plural: "events" }, "web.1");
  const { recorder, sent, clock } = setUp();
  recorder.event(pod, "Normal", "Happened", "a");
  recorder.event(pod, "Normal", "Happened", "a");
  await clock.advance(0);
  expect(sent.map(({ method }) => method)).toEqual(["POST", "PATCH"]);
  const again = setUp([{ ...gone, code: 200 }, gone]);
  again.recorder.event(pod, "Normal", "Happened", "a");
  again.recorder.event(pod, "Normal", "Happened", "a");
  await again.clock.advance(0);
  expect(again.sent.map(({ method }) => method)).toEqual(["POST", "PATCH", "POST"]);
});

test("an event is sent again while the server is away, and given up when it is refused", async () => {
  const down = new TransportError("unreachable", "down");
  const { recorder, sent, clock } = setUp([down, down]);
  recorder.event(pod, "Normal", "Happened", "a");
  await clock.advance(60_000);
  expect(sent.length).toBe(3);
  const refused = setUp([forbidden({ group: "", plural: "events" }, "", "no")]);
  refused.recorder.event(pod, "Normal", "Happened", "a");
  await refused.clock.advance(60_000);
  expect(refused.sent.length).toBe(1);
});

test("what does not fit into the queue is dropped, and nothing is sent after disposal", async () => {
  const down = new TransportError("unreachable", "down");
  const { recorder, sent, clock } = setUp(Array(100).fill(down), 2);
  for (let index = 0; index < 20; index += 1) {
    const metadata = { ...pod.metadata, name: `web-${index}`, uid: `u${index}` };
    recorder.event({ ...pod, metadata }, "Normal", "Happened", "a");
  }
  await clock.advance(0);
  expect(sent.length).toBe(8); // As many as go at a time; two wait.
  await recorder[Symbol.asyncDispose]();
  recorder.event(pod, "Normal", "Happened", "a");
  await clock.advance(60_000);
  expect(sent.length).toBe(8);
});

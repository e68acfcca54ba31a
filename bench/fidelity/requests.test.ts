import { expect, test } from "vitest";
import { maskedLeaves, maskText } from "./masking.ts";
import type { AuditEvent, Recording } from "./recording.ts";
import { queryShape, requestsOf } from "./requests.ts";

const nodes = ["n-1", "n-11"];

test.each([
  ["", ""],
  ["limit=500&resourceVersion=0", "limit=500&resourceVersion=0"],
  ["resourceVersion=4711", "resourceVersion=N"],
  ["resourceVersion=", "resourceVersion="],
  ["fieldSelector=metadata.name%3Dn-11", "fieldSelector=metadata.name={node}"],
  [
    "fieldSelector=metadata.name%3Dn-1%2Cspec.x%21%3Dy",
    "fieldSelector=metadata.name={node},spec.x!=y",
  ],
  ["fieldSelector=metadata.name%3Dn-2", "fieldSelector=metadata.name=n-2"],
  ["labelSelector=%21a%2Cb%3Dn-1", "labelSelector=!a,b=n-1"],
  ["watch=true&timeoutSeconds=300", "timeoutSeconds=300–600&watch=true"],
  ["timeoutSeconds=1800", "timeoutSeconds=1800–3600"],
  ["timeoutSeconds=299", "timeoutSeconds=299"],
  ["timeout=10s", "timeout=10s"],
  ["timeout=5m0s&timeoutSeconds=300", "timeout=timeoutSeconds&timeoutSeconds=300–600"],
  ["timeout=5m1s&timeoutSeconds=300", "timeout=300–600&timeoutSeconds=300–600"],
  ["timeout=1h0m0s&timeoutSeconds=3600", "timeout=timeoutSeconds&timeoutSeconds=1800–3600"],
  ["continue=abc&limit=500", "continue=N&limit=500"],
])("the shape of %j is %j", (query, shape) => {
  expect(queryShape(new URLSearchParams(query), nodes)).toBe(shape);
});

let lastId = 0;

function podEvent(verb: string, requestObject?: unknown): AuditEvent {
  lastId += 1;
  const at = `2026-11-24T10:00:00.${String(lastId).padStart(6, "0")}Z`;
  return {
    auditID: String(lastId),
    stage: "ResponseComplete",
    verb,
    requestURI: `/api/v1/namespaces/default/pods/web-1${verb === "patch" ? "/status" : ""}`,
    userAgent: "hollow-kubelet",
    objectRef: { resource: "pods", namespace: "default", name: "web-1" },
    responseStatus: { code: 200 },
    ...(requestObject === undefined ? {} : { requestObject }),
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  };
}

function recordingOf(events: readonly AuditEvent[]): Recording {
  const usage = { processes: 0, cpuMs: 0, rssBytes: 0, connections: [] };
  return {
    about: { version: "v1.34.4", subject: "kubemark", nodes },
    events,
    marks: [{ phase: "pods", at: "2026-11-24T10:00:00.000Z" }],
    snapshots: [],
    server: { watches: {}, idleS: 0, idleBegin: usage, idleEnd: usage },
    short: undefined,
  };
}

test("a GET of a pod is told by what follows it, a PATCH by what it changes", () => {
  const generation = {
    observedGeneration: 2,
    conditions: [{ type: "Ready", observedGeneration: 2 }],
  };
  const ended = { phase: "Succeeded", conditions: [{ type: "Ready", status: "False" }] };
  const requests = requestsOf(
    recordingOf([
      podEvent("get"),
      podEvent("patch", { status: generation }),
      podEvent("get"),
      podEvent("patch", { status: ended }),
      podEvent("get"),
      podEvent("get"),
      podEvent("delete"),
    ]),
  );
  expect(requests.map(({ shape }) => shape.detail)).toEqual([
    "before patch of observedGeneration alone",
    "patch of observedGeneration alone",
    "before patch to Succeeded",
    "patch to Succeeded",
    "before nothing",
    "before delete",
    "",
  ]);
});

test.each([
  ["2026-11-24T10:00:00Z", "<time>"],
  ["2026-11-24T10:00:00.123456Z", "<time, microseconds>"],
  ["web-1 on n-11", "{name} on {node}"],
  ["n-1.0123456789abcdef", "{node}.<hex>"],
  ["10.0.3.7/24", "<ip>/24"],
  ["192.168.192.168", "192.168.192.168"],
  [
    "fakeRuntime://web-1_default_0badcafe-0000-4000-8000-000000000001_0_main_0",
    "fakeRuntime://{name}_default_<uid>_0_main_0",
  ],
  ["kube-api-access-x7z2q", "kube-api-access-<suffix>"],
  ["3.16.0-0.bpo.4-amd64", "3.16.0-0.bpo.4-amd64"],
])("%j is masked as %j", (text, masked) => {
  expect(maskText(text, { nodes, own: "web-1" })).toBe(masked);
});

test("items of lists stand under their type or name, their order for itself", () => {
  const ready = { type: "Ready", status: "True" };
  const disk = { type: "DiskPressure", status: "False" };
  const names = { nodes, own: "" };
  const leaves = (conditions: readonly { readonly type: string; readonly status: string }[]) =>
    Object.fromEntries(maskedLeaves({ conditions, empty: [], none: null }, names));
  expect(leaves([ready, disk])).toEqual({
    ...leaves([disk, ready]),
    "conditions[]": "Ready DiskPressure",
  });
  expect(leaves([ready])).toEqual({
    "conditions[]": "Ready",
    "conditions[Ready].type": "Ready",
    "conditions[Ready].status": "True",
    empty: "[]",
    none: "null",
  });
});

import { expect, test } from "vitest";
import { hasDyingProxies, untilProxiesDie, withLivingProxies } from "./dead-proxies.ts";
import type { AuditEvent } from "./recording.ts";
import type { HollowRequest } from "./requests.ts";
import type { Phase } from "./scenario.ts";

function request(agent: string, verb: string, phase: Phase, code = 200): HollowRequest {
  return {
    shape: { agent, verb, path: "/api/v1/services", query: "", code, detail: "" },
    phase,
    atMs: 0,
    endMs: 1,
    node: undefined,
    timeoutSeconds: undefined,
    event: {
      auditID: "",
      stage: "ResponseComplete",
      verb,
      requestURI: "",
      requestReceivedTimestamp: "",
      stageTimestamp: "",
    },
  };
}

test.each([
  ["v1.30.4", true],
  ["v1.31.0", true],
  ["v1.33.13", true],
  ["v1.34.4", false],
  ["v1.36.3", false],
])("the proxies of %s die: %s", (version, dies) => {
  expect(hasDyingProxies(version)).toBe(dies);
});

test("of proxies that die, what they send from each start on counts, and each of it once", () => {
  const kept = [
    request("hollow-kubelet", "watch", "idle"),
    request("hollow-proxy", "list", "start"),
    request("hollow-proxy", "list", "restart"),
  ];
  const requests = [
    ...kept,
    request("hollow-proxy", "list", "restart"),
    request("hollow-proxy", "watch", "idle"),
    request("hollow-proxy", "watch", "server-restart"),
  ];
  expect(untilProxiesDie(requests, 1)).toEqual(
    kept.map((one, index) => (index === 0 ? one : { ...one, endMs: undefined })),
  );
});

test("an event that the panic cuts off is one that was sent", () => {
  const requests = [request("hollow-proxy", "create", "start", 504)];
  expect(untilProxiesDie(requests, 1).map(({ shape }) => shape.code)).toEqual([201]);
});

test("the server would count the watches and the connection of a proxy that lives", () => {
  const counts = { "watches of services": 2, "watches of pods": 2, "TCP connections": 2 };
  const { event } = request("hollow-proxy", "watch", "start");
  const watchOf = (userAgent: string, resource: string, apiGroup?: string): AuditEvent => ({
    ...event,
    userAgent,
    objectRef: { resource, ...(apiGroup === undefined ? {} : { apiGroup }) },
  });
  const events = [
    watchOf("hollow-proxy", "services"),
    watchOf("hollow-proxy", "services"),
    watchOf("hollow-proxy", "endpointslices", "discovery.k8s.io"),
    watchOf("hollow-kubelet", "pods"),
  ];
  const about = { version: "v1.33.13", subject: "kubemark", nodes: ["n-0", "n-1"] };
  expect(withLivingProxies(counts, { events, about })).toEqual({
    "watches of services": 4,
    "watches of pods": 2,
    "watches of endpointslices.discovery.k8s.io": 2,
    "TCP connections": 4,
  });
});

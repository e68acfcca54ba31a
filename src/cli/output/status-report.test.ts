import { describe, expect, test } from "vitest";
import { parseTime } from "../../base/rfc3339.ts";
import type { Lease } from "../../k8s/types/coordination.ts";
import type { Node, Pod, PodPhase } from "../../k8s/types/core.ts";
import type { ObjectMeta } from "../../k8s/types/meta.ts";
import { fleetLabel } from "../../kubelet/index.ts";
import { FleetSurveyor, isAllReady } from "../fleet-survey.ts";
import { statusReport } from "./status-report.ts";

const nowMs = parseTime("2026-01-01T00:10:00Z") ?? 0;

function meta(name: string, rest: Partial<ObjectMeta> = {}): ObjectMeta {
  return { name, uid: name, resourceVersion: "1", creationTimestamp: "", ...rest };
}

function node(name: string, fleet: string, ready?: "True" | "False" | "Unknown", minor = 34): Node {
  const kubeletVersion = `v1.${minor}.0`;
  const conditions = ready === undefined ? [] : [{ type: "Ready", status: ready }];
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: meta(name, { labels: { [fleetLabel]: fleet } }),
    status: { conditions, nodeInfo: { kubeletVersion } },
  } as unknown as Node; // The parts of a Node that are read.
}

function lease(name: string, renewTime: string): Lease {
  return { apiVersion: "v1", kind: "Lease", metadata: meta(name), spec: { renewTime } };
}

function lock(fleet: string, renewTime: string, annotations: Record<string, string>): Lease {
  return {
    apiVersion: "v1",
    kind: "Lease",
    metadata: meta(`hollowmark-fleet-${fleet}`, { annotations, labels: { [fleetLabel]: fleet } }),
    spec: { holderIdentity: "host_1_ab", acquireTime: "2026-01-01T00:07:00Z", renewTime },
  };
}

function pod(nodeName: string, phase: PodPhase): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta("p"),
    spec: { nodeName, containers: [] },
    status: { phase },
  };
}

function surveyor(): FleetSurveyor {
  const found = new FleetSurveyor(nowMs);
  found.addNode(node("a-0", "a", "True"));
  found.addNode(node("a-1", "a", "True", 9));
  found.addNode(node("a-2", "a", "False"));
  found.addNode(node("b-0", "b", "Unknown"));
  found.addNode(node("b-1", "b"));
  found.addLock(
    lock("a", "2026-01-01T00:09:56Z", {
      "hollowmark/nodes": "4",
      "hollowmark/metrics": "http://127.0.0.1:9090/metrics",
    }),
  );
  found.addLease(lease("a-0", "2026-01-01T00:09:55.5Z"));
  found.addLease(lease("a-1", "2026-01-01T00:09:48Z"));
  found.addLease(lease("stranger", "2026-01-01T00:00:00Z"));
  found.addPod(pod("a-0", "Running"));
  found.addPod(pod("a-0", "Running"));
  found.addPod(pod("a-1", "Pending"));
  found.addPod(pod("stranger", "Running"));
  return found;
}

describe("the fleets of a cluster", () => {
  test("are told as tables", () => {
    expect(`\n${statusReport(surveyor().fleets(), nowMs, "text").join("\n")}\n`).toBe(`
FLEET   NODES   READY   NOT READY   UNKNOWN   OLDEST LEASE   PODS   PENDING   RUNNING   SUCCEEDED   FAILED   AGE      RUN BY      METRICS
a       3/4     2       1           0         12s            3      1         2         0           0        3m       host_1_ab   http://127.0.0.1:9090/metrics
b       2       0       0           2         <none>         0      0         0         0           0        <none>   <none>      <none>

FLEET   VERSION   NODES   READY   NOT READY   UNKNOWN
a       v1.9.0    1       1       0           0
a       v1.34.0   2       1       1           0
`);
  });

  test("are told as one object", () => {
    const [line = ""] = statusReport(surveyor().fleets(), nowMs, "json");
    const report: unknown = JSON.parse(line);
    expect(report).toMatchObject({
      ready: false,
      fleets: [
        {
          fleet: "a",
          holder: "host_1_ab",
          since: "2026-01-01T00:07:00Z",
          metrics: "http://127.0.0.1:9090/metrics",
          nodes: { wanted: 4, registered: 3, ready: 2, notReady: 1, unknown: 0 },
          oldestLease: { node: "a-1", renewTime: "2026-01-01T00:09:48Z" },
          nodesWithoutLease: 1,
          pods: { Pending: 1, Running: 2 },
        },
        { fleet: "b", nodesWithoutLease: 2 },
      ],
    });
  });

  test("may be none", () => {
    const none = new FleetSurveyor(nowMs).fleets();
    expect(statusReport(none, nowMs, "text")).toEqual(["No fleets found."]);
    expect(statusReport(none, nowMs, "json")).toEqual(['{"ready":false,"fleets":[]}']);
  });

  test.each([
    { name: "all nodes Ready", ready: ["True", "True"], wanted: "2", expected: true },
    { name: "one not Ready", ready: ["True", "False"], wanted: "2", expected: false },
    { name: "one of them not there", ready: ["True"], wanted: "2", expected: false },
    { name: "more nodes than it wants", ready: ["True", "True"], wanted: "1", expected: true },
    { name: "nobody to say how many", ready: ["True"], wanted: undefined, expected: true },
    { name: "no node at all", ready: [], wanted: "0", expected: false },
  ] as const)("a fleet with $name is ready: $expected", ({ ready, wanted, expected }) => {
    const found = new FleetSurveyor(nowMs);
    for (const [index, status] of ready.entries()) found.addNode(node(`n${index}`, "a", status));
    const annotations: Record<string, string> =
      wanted === undefined ? {} : { "hollowmark/nodes": wanted };
    found.addLock(lock("a", "2026-01-01T00:09:56Z", annotations));
    expect(found.fleets().map(isAllReady)).toEqual([expected]);
  });

  test("whose holder has not renewed for a while are run by nobody", () => {
    const found = new FleetSurveyor(nowMs);
    found.addLock(lock("a", "2026-01-01T00:09:00Z", { "hollowmark/metrics": "http://a" }));
    expect(found.fleets()).toMatchObject([{ holder: undefined, metrics: undefined }]);
  });
});

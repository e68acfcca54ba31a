import { describe, expect, test } from "vitest";
import { leases } from "../k8s/resources.ts";
import { failure, type StatusReason } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import { counted, createKubeletBench } from "./kubelet.fixture.ts";

const leaseRef = { namespace: "kube-node-lease", name: "hollow-0" };
const oneMinuteMs = 60_000;

describe("a kubelet in trouble", () => {
  const unreachable = () => Promise.reject(new TransportError("unreachable", "refused"));
  const refused = (code: number, reason: StatusReason) => () =>
    Promise.resolve({
      status: code,
      headers: {},
      body: { kind: "object", value: failure(code, reason, reason) } as const,
    });

  test.each([
    { name: "cannot be reached", answer: unreachable, reason: "unreachable", final: false },
    { name: "fails", answer: refused(500, "InternalError"), reason: "InternalError", final: false },
    { name: "forbids all", answer: refused(403, "Forbidden"), reason: "Forbidden", final: true },
  ])("at the start a server that $name is asked on, and not too often", async (row) => {
    const bench = await createKubeletBench();
    bench.intercept = row.answer;
    await using started = bench.start();
    await bench.env.clock.advance(oneMinuteMs);
    expect(started.kubelet).toMatchObject({
      state: "starting",
      ready: false,
      failure: { reason: row.reason, final: row.final },
    });
    // As many as a kubelet sends: registration each 7 s, the CSINode's rounds, the watches' back-off.
    expect(started.seen.length).toBeLessThan(120);
    bench.intercept = undefined;
    await bench.env.clock.advance(oneMinuteMs);
    expect(started.kubelet).toMatchObject({ state: "registered", failure: undefined });
    await bench.env.clock.advance(2 * oneMinuteMs);
    expect(started.kubelet.ready).toBe(true);
  });

  test("a server that is gone for a minute finds the Lease renewed within seconds", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(30_000);
    started.lines();
    bench.intercept = unreachable;
    await bench.env.clock.advance(oneMinuteMs);
    expect(started.observed.at(-1)).toBe("failed");
    // Five tries at once, then with a back-off up to 7 s.
    expect(started.lines().length).toBeLessThan(40);
    bench.intercept = undefined;
    await bench.env.clock.advance(8_000);
    expect(started.observed.at(-1)).toBe("renewed again");
    expect(started.kubelet.ready).toBe(true);
  });

  test("a Lease that somebody else has changed is read and renewed", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(15_000);
    const lease = await bench.client.get(leases, leaseRef);
    await bench.client.update(leases, {
      ...lease,
      metadata: { ...lease.metadata, labels: { seen: "yes" } },
    });
    started.lines();
    await bench.env.clock.advance(10_000);
    const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/hollow-0";
    const lines = started.lines();
    expect(lines.filter((line) => line.includes(path))).toEqual([
      `PUT ${path}?timeout=10s 409`,
      `GET ${path}?timeout=10s`,
      `PUT ${path}?timeout=10s`,
    ]);
  });

  test("a status that fails is tried five times, from the API server's Node after the first", async () => {
    const bench = await createKubeletBench();
    await using started = bench.start();
    await bench.env.clock.advance(20_000);
    bench.intercept = ({ method }) =>
      method === "PATCH" ? refused(500, "InternalError")() : undefined;
    const tried = () => started.seen.filter(({ line }) => line.startsWith("PATCH")).length;
    const before = tried();
    started.lines();
    while (tried() === before) await bench.env.clock.advance(1_000);
    const counts = counted(started.lines());
    expect(counts["PATCH /api/v1/nodes/hollow-0/status?timeout=10s 500"]).toBe(5);
    expect(counts["GET /api/v1/nodes/hollow-0?timeout=10s"]).toBe(4);
  });

  test.each([0, 50, 500, 5_000])("can be ended %d ms after its start", async (ms) => {
    const bench = await createKubeletBench();
    const started = bench.start();
    await bench.env.clock.advance(ms);
    await started[Symbol.asyncDispose]();
    started.lines();
    await bench.env.clock.advance(oneMinuteMs);
    expect(started.lines()).toEqual([]);
  });
});

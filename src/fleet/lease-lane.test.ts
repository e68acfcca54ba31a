import { expect, test } from "vitest";
import { sleep } from "../base/clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import type { HollowKubelet } from "../kubelet/index.ts";
import type { LeaseRenewal } from "../kubelet/node-lease.ts";
import { createFleetNode, type FleetNode } from "./fleet-node.ts";
import { createLeaseLane } from "./lease-lane.ts";

/** Nodes whose renewals take `latencyMs`, or are answered as `answer` says. */
function createTestLane(latencyMs = 0) {
  const env = createTestEnv();
  const overdue: string[] = [];
  const sent: { readonly name: string; readonly ms: number }[] = [];
  const test = { latencyMs, answer: { kind: "renewed" } as LeaseRenewal };
  const lane = createLeaseLane({ onOverdue: ({ kubelet }) => overdue.push(kubelet.nodeName) }, env);
  const node = (name: string): FleetNode => {
    const kubelet: Pick<HollowKubelet, "nodeName" | "renewLease"> = {
      nodeName: name,
      async renewLease(signal) {
        sent.push({ name, ms: env.clock.monotonicMs() });
        await sleep(env.clock, test.latencyMs, signal);
        return test.answer;
      },
    };
    return createFleetNode(kubelet as HollowKubelet);
  };
  return { env, lane, node, sent, overdue, test };
}

test("renewals are spread over the interval, though all nodes come at once", async () => {
  const { env, lane, node, sent } = createTestLane();
  for (let index = 0; index < 1_000; index += 1) lane.add(node(`n${index}`));
  await env.clock.advance(30_000);
  const seconds = Array.from({ length: 30 }, (_, second) => second);
  const perSecond = seconds.map(
    (second) => sent.filter(({ ms }) => Math.floor(ms / 1_000) === second).length,
  );
  // Where one round ends and the next begins there are fewer: a Lease comes late, never early.
  expect(Math.min(...perSecond)).toBeGreaterThan(40);
  expect(Math.max(...perSecond)).toBeLessThan(140);
});

test("a server that takes 3 s for each answer makes no Lease late", async () => {
  const { env, lane, node } = createTestLane(3_000);
  for (let index = 0; index < 100; index += 1) lane.add(node(`n${index}`));
  await env.clock.advance(120_000);
  expect(lane.counts).toMatchObject({ late: 0, failed: 0 });
  expect(lane.counts.longestGapMs).toBeLessThanOrEqual(10_500);
});

test("what fails is tried again within 10 s, and a node that was silent for long is overdue", async () => {
  const { env, lane, node, overdue, test } = createTestLane();
  lane.add(node("n"));
  await env.clock.advance(11_000);
  test.answer = { kind: "refused", code: 503 };
  await env.clock.advance(40_000);
  expect(lane.counts.failed).toBeGreaterThan(4);
  expect(overdue).toEqual([]);
  test.answer = { kind: "renewed" };
  await env.clock.advance(11_000);
  expect(overdue).toEqual(["n"]);
  expect(lane.counts.late).toBe(1);
});

test("a request that nobody answers is given up after 10 s and sent again", async () => {
  const { env, lane, node, sent, test } = createTestLane(1e9);
  lane.add(node("n"));
  await env.clock.advance(22_000);
  test.latencyMs = 0;
  await env.clock.advance(15_000);
  expect(sent.length).toBeGreaterThan(1);
  expect(lane.counts.failed).toBeGreaterThan(0);
  expect(lane.counts.sent).toBeGreaterThan(lane.counts.failed);
});

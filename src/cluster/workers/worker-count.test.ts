import { describe, expect, test } from "vitest";
import { createTestEnv } from "../../base/test-env.ts";
import { createHollowBehavior } from "../../kubelet/index.ts";
import type { ClusterOptions } from "../cluster-options.ts";
import { workersFor } from "./worker-count.ts";

const cores = 8;
const controlPlane = { kubeconfig: "config" };
const behavior = createHollowBehavior({}, createTestEnv());

describe("the number of workers", () => {
  test.each<{ name: string; options: ClusterOptions; nodes: number; workers: number }>([
    { name: "few nodes", options: { controlPlane }, nodes: 2_000, workers: 1 },
    { name: "many nodes", options: { controlPlane }, nodes: 2_001, workers: cores },
    { name: "what is asked for", options: { controlPlane, workers: 3 }, nodes: 20, workers: 3 },
    { name: "no more than nodes", options: { controlPlane, workers: 3 }, nodes: 2, workers: 2 },
    { name: "an embedded control plane", options: {}, nodes: 9_000, workers: 1 },
    {
      name: "nodes that share watches",
      options: { controlPlane, fleet: { profile: "light" } },
      nodes: 9_000,
      workers: 1,
    },
    {
      name: "a connection",
      options: { controlPlane: { connection: { server: "https://a", tls: {} } } },
      nodes: 9_000,
      workers: 1,
    },
    {
      name: "a behavior of one's own",
      options: { controlPlane, fleet: { behavior } },
      nodes: 9_000,
      workers: 1,
    },
    {
      name: "nodes that register one after the other",
      options: { controlPlane, fleet: { registrationsInFlight: 1 } },
      nodes: 9_000,
      workers: 1,
    },
  ])("is $workers for $name", ({ options, nodes, workers }) => {
    expect(workersFor(options, nodes, cores)).toBe(workers);
  });

  test.each<{ name: string; options: ClusterOptions; message: string }>([
    {
      name: "the embedded control plane",
      options: { workers: 2 },
      message: "workers: expected 1 where the control plane is in the same process, found 2",
    },
    {
      name: "shared watches",
      options: { controlPlane, workers: 2, fleet: { watches: "shared" } },
      message: "workers: expected 1 for nodes that share their watches, found 2",
    },
    {
      name: "a connection",
      options: { controlPlane: { connection: { server: "https://a", tls: {} } }, workers: 2 },
      message: "workers: expected 1 for a cluster that no kubeconfig leads to, found 2",
    },
    {
      name: "fewer registrations at once",
      options: { controlPlane, workers: 2, fleet: { registrationsInFlight: 1 } },
      message: "workers: expected at most 1, as many as nodes register at once, found 2",
    },
    {
      name: "a part of one",
      options: { controlPlane, workers: 1.5, optionName: (option) => `--${option}` },
      message: "--workers: expected a whole number from 1, found 1.5",
    },
  ])("cannot be more with $name", ({ options, message }) => {
    expect(() => workersFor(options, 100, cores)).toThrow(message);
  });
});

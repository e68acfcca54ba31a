import { expect, test } from "vitest";
import type { Env } from "../../src/base/env.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import {
  type ComponentAccess,
  createClient,
  createTransports,
  loadKubeconfig,
  type Transports,
} from "../../src/client/index.ts";
import { namespaces } from "../../src/k8s/resources.ts";
import {
  createHollowBehavior,
  createNodeTemplate,
  kubeletHabits,
  parseCidr,
  type RunningKubelet,
  startKubelet,
} from "../../src/kubelet/index.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { audited } from "./audit-log.ts";

const env: Env = { ...createTestEnv(), clock: createSystemClock() };
const podRange = parseCidr("10.0.0.0/16");

function startNode(access: ComponentAccess, kubeletVersion: string): RunningKubelet {
  const { habits } = kubeletHabits({ profile: "kubemark", kubeletVersion });
  const template = createNodeTemplate({
    fleet: "test",
    labels: {},
    taints: [],
    capacity: habits.capacity,
    kubeletVersion,
  });
  if (podRange === undefined) throw new Error("the pod range of the test is none");
  return startKubelet(
    {
      node: { name: "hollow-0", ip: "198.18.0.1", template },
      podRange,
      habits,
      access,
      behavior: createHollowBehavior({}, env),
      tally: { moved() {} },
      observer: {
        leaseRenewed() {},
        leaseFailed() {},
        reregistered() {},
        limiterWaited() {},
      },
    },
    env,
  );
}

function openAccess(transports: Transports): ComponentAccess {
  const transport = transports.open();
  return { transport, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

/** How many come depends on how soon the Node is there: on a slow machine sooner than others. */
const races =
  /csinodes\/hollow-0 404|nodes\/hollow-0(\?timeout=10s)? 404|nodes\/hollow-0\?resourceVersion|^patch/;

function counted(lines: readonly string[]): Record<string, number | "some"> {
  const counts: Record<string, number | "some"> = {};
  for (const line of lines.toSorted()) {
    const before = counts[line] ?? 0;
    counts[line] = before === "some" || races.test(line) ? "some" : before + 1;
  }
  return counts;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Of each kind of start one: a list before the watch, the watch alone, the Node read for its status.
test.each(["v1.30.4", "v1.31.0", "v1.34.4", "v1.36.3"] as const)(
  "a kubelet of Kubemark %s starts, and starts again, as the server saw Kubemark's do",
  async (version) => {
    await using plane = await startControlPlane({
      version,
      controllerManager: false,
      scheduler: false,
      audit: "hollow",
    });
    const path = plane.hollowKubeconfigPath;
    const connection = await loadKubeconfig({ path, variables: {} }, env);
    const transports = createTransports(connection, env);
    {
      // So that neither side does something for the first time when the kubelet starts.
      await using transport = transports.open();
      await createClient({ transport }).get(namespaces, { name: "default" });
    }
    {
      await using access = openAccess(transports);
      await using kubelet = startNode(access, version);
      await sleep(11_500);
      expect(kubelet).toMatchObject({ state: "registered", ready: true, failure: undefined });
    }
    const first = await audited(plane, "hollow-kubelet");
    expect(counted(first)).toMatchSnapshot("first");
    await using access = openAccess(transports);
    await using again = startNode(access, version);
    await sleep(2_000);
    expect(again.ready).toBe(true);
    expect(counted((await audited(plane, "hollow-kubelet")).slice(first.length))).toMatchSnapshot(
      "again",
    );
  },
);

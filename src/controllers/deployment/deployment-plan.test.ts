import fc from "fast-check";
import { expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import { planDeployment } from "./deployment-plan.ts";
import { maxSurge, maxUnavailable } from "./limits.ts";

interface Cluster {
  deployment: Deployment;
  replicaSets: readonly ReplicaSet[];
}

function deploymentOf(
  replicas: number,
  image: string,
  rollingUpdate: { maxSurge: number; maxUnavailable: number },
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", uid: "1", resourceVersion: "1", creationTimestamp: "", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "m", image }] },
      },
      strategy: { type: "RollingUpdate", rollingUpdate },
    },
  };
}

/** One reconciliation, as if all of it had been written. */
function step(cluster: Cluster, nowMs: number): "changed" | "settled" {
  const plan = planDeployment({ ...cluster, hasRunningPods: () => false, nowMs });
  const updated = new Map(plan.updates.map((each) => [each.replicaSet.metadata.name, each]));
  const kept = cluster.replicaSets
    .filter((each) => !plan.deletes.includes(each))
    .map((each) => updated.get(each.metadata.name)?.replicaSet ?? each);
  cluster.replicaSets = plan.create === undefined ? kept : [...kept, plan.create];
  cluster.deployment = { ...cluster.deployment, status: plan.status };
  const changed = plan.create !== undefined || plan.updates.length > 0;
  return changed ? "changed" : "settled";
}

/** The ReplicaSets reach their size; of new pods, as many become available as `luck` says. */
function runPods(cluster: Cluster, luck: () => number): void {
  cluster.replicaSets = cluster.replicaSets.map((each) => {
    const { replicas = 1 } = each.spec;
    const available = Math.min(replicas, each.status?.availableReplicas ?? 0);
    const more = Math.floor((replicas - available) * luck());
    const count = available + more;
    const status = { replicas, readyReplicas: count, availableReplicas: count };
    return { ...each, status: { ...status, observedGeneration: 1 } };
  });
}

function sum(cluster: Cluster, of: (replicaSet: ReplicaSet) => number | undefined): number {
  return cluster.replicaSets.reduce((total, each) => total + (of(each) ?? 0), 0);
}

/** Plans and runs until nothing changes with all pods available. */
function settle(cluster: Cluster, check: () => void, luck: () => number): void {
  for (let round = 0; round < 400; round += 1) {
    const outcome = step(cluster, round * 1_000);
    check();
    runPods(cluster, round < 15 ? luck : () => 1);
    if (outcome === "settled" && round > 15) return;
  }
  expect.unreachable("the rollout does not come to rest");
}

const arbitraryRollout = fc.record({
  replicas: fc.integer({ min: 1, max: 15 }),
  surge: fc.integer({ min: 0, max: 6 }),
  unavailable: fc.integer({ min: 0, max: 6 }),
  images: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }),
  luck: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
});

test("whatever happens, a rollout keeps its limits and ends with the last template", () => {
  fc.assert(
    fc.property(arbitraryRollout, ({ replicas, surge, unavailable, images, luck }) => {
      const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
      const cluster: Cluster = {
        deployment: deploymentOf(replicas, "start", rollingUpdate),
        replicaSets: [],
      };
      const luckily = (): number => luck.next().value ?? 1;
      settle(
        cluster,
        () => undefined,
        () => 1,
      );
      const most = replicas + maxSurge(cluster.deployment);
      const least = replicas - maxUnavailable(cluster.deployment);
      for (const image of images) {
        cluster.deployment = {
          ...deploymentOf(replicas, image, rollingUpdate),
          ...(cluster.deployment.status && { status: cluster.deployment.status }),
        };
        settle(
          cluster,
          () => {
            expect(sum(cluster, ({ spec }) => spec.replicas)).toBeLessThanOrEqual(most);
            const available = sum(cluster, ({ spec, status }) =>
              Math.min(spec.replicas ?? 0, status?.availableReplicas ?? 0),
            );
            expect(available).toBeGreaterThanOrEqual(least);
          },
          luckily,
        );
        const wanted = cluster.replicaSets.filter(({ spec }) => spec.replicas !== 0);
        expect(wanted.map(({ spec }) => spec.replicas)).toEqual([replicas]);
        expect(wanted[0]?.spec.template.spec.containers[0]?.image).toBe(image);
      }
    }),
    { numRuns: 20 },
  );
});

test("scaling in the middle of a rollout gives out exactly what may be there", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 80 }), (old, replicas) => {
      const rollingUpdate = { maxSurge: 5, maxUnavailable: 0 };
      const before = old.reduce((total, each) => total + each, 0) - 5;
      const annotations = {
        "deployment.kubernetes.io/desired-replicas": `${Math.max(0, before)}`,
        "deployment.kubernetes.io/max-replicas": `${Math.max(0, before) + 5}`,
      };
      const deployment = deploymentOf(replicas, "new", rollingUpdate);
      fc.pre(before !== replicas && before > 0);
      const replicaSets = old.map((count, index): ReplicaSet => {
        const name = `web-${index}`;
        const { selector, template } = deploymentOf(1, `${index}`, rollingUpdate).spec;
        return {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "", annotations },
          spec: { replicas: count, selector, template },
        };
      });
      const cluster = { deployment, replicaSets };
      step(cluster, 0);
      const allowed = replicas === 0 ? 0 : replicas + 5;
      expect(sum(cluster, ({ spec }) => spec.replicas)).toBe(allowed);
    }),
  );
});

import { expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../../k8s/types/apps.ts";
import { draftOf, type ReplicaSetDraft, replicasOf } from "./replica-set-draft.ts";
import { growNew, shrinkOld } from "./rolling-update.ts";

/** Ten replicas, of which two may be missing, and three more may be there. */
const deployment: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", uid: "1", resourceVersion: "1", creationTimestamp: "" },
  spec: {
    replicas: 10,
    selector: {},
    template: { spec: { containers: [] } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
  },
};

type Size = readonly [replicas: number, available: number];

function draftsOf(sizes: readonly Size[]): readonly ReplicaSetDraft[] {
  return sizes.map(([replicas, availableReplicas], index) => {
    const name = `web-${index}`;
    const replicaSet: ReplicaSet = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "" },
      spec: { replicas, selector: {}, template: { spec: { containers: [] } } },
      status: { replicas, availableReplicas },
    };
    return draftOf(replicaSet);
  });
}

test.each<{ name: string; newSize: Size; old: readonly Size[]; after: readonly number[] }>([
  { name: "all new ones are there: the old go", newSize: [10, 10], old: [[3, 3]], after: [0] },
  {
    name: "none of the new is available: two may be missing",
    newSize: [3, 0],
    old: [[10, 10]],
    after: [8],
  },
  {
    name: "the new never come up, and an old one fails: nothing is given up for it",
    newSize: [5, 0],
    old: [[8, 7]],
    after: [8],
  },
  {
    name: "after a rollback those that never came up go first",
    newSize: [8, 7],
    old: [[5, 0]],
    after: [1],
  },
  {
    name: "one rollout after another: the broken go, the old stay",
    newSize: [0, 0],
    old: [
      [8, 8],
      [5, 0],
    ],
    after: [8, 0],
  },
  {
    name: "of several the oldest goes first",
    newSize: [6, 4],
    old: [
      [4, 4],
      [3, 3],
    ],
    after: [1, 3],
  },
  { name: "enough are missing already", newSize: [5, 0], old: [[8, 8]], after: [8] },
])("old ReplicaSets when $name", ({ newSize, old, after }) => {
  const [newDraft, ...oldDrafts] = draftsOf([newSize, ...old]);
  if (newDraft === undefined) throw new Error("there is no new ReplicaSet");
  const outcome = shrinkOld(deployment, newDraft, oldDrafts);
  expect(oldDrafts.map(replicasOf)).toEqual(after);
  expect(outcome).toBe(
    old.some(([size], index) => size !== after[index]) ? "resized" : "same size",
  );
});

test.each<{ name: string; newSize: Size; old: readonly Size[]; after: number }>([
  { name: "as far as the surge allows", newSize: [0, 0], old: [[10, 10]], after: 3 },
  { name: "into the room that the old have left", newSize: [3, 0], old: [[8, 8]], after: 5 },
  { name: "not beyond what is wanted", newSize: [9, 9], old: [[0, 0]], after: 10 },
  { name: "not at all without room", newSize: [3, 0], old: [[10, 10]], after: 3 },
  { name: "down to what is wanted", newSize: [12, 12], old: [], after: 10 },
])("the new ReplicaSet grows $name", ({ newSize, old, after }) => {
  const all = draftsOf([newSize, ...old]);
  const [newDraft] = all;
  if (newDraft === undefined) throw new Error("there is no new ReplicaSet");
  growNew(deployment, newDraft, all);
  expect(replicasOf(newDraft)).toBe(after);
});

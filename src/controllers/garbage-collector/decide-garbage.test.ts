import { expect, test } from "vitest";
import type { KubeObject, ObjectMeta } from "../../k8s/types/meta.ts";
import { decideGarbage, type GarbageDecision, type OwnerState } from "./decide-garbage.ts";

function objectOf(metadata: Partial<ObjectMeta> = {}): KubeObject {
  const base = { name: "x", uid: "x", resourceVersion: "1", creationTimestamp: "" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { ...base, ...metadata } };
}

const refs = (...uids: readonly string[]) =>
  uids.map((uid) => ({ apiVersion: "v1", kind: "ConfigMap", name: uid, uid }));
const going = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const blocker = objectOf({
  uid: "b",
  ownerReferences: [{ ...objectOf(), name: "x", uid: "x", blockOwnerDeletion: true }],
});
const goingBlocker = { ...blocker, metadata: { ...blocker.metadata, ...going } };
const bystander = objectOf({ uid: "c", ownerReferences: refs("x") });

test.each<{
  name: string;
  object: KubeObject;
  owners?: Readonly<Record<string, OwnerState>>;
  dependents?: readonly KubeObject[];
  decision: GarbageDecision;
}>([
  { name: "without owners", object: objectOf(), decision: { kind: "keep" } },
  {
    name: "with a living owner",
    object: objectOf({ ownerReferences: refs("a") }),
    owners: { a: "present" },
    decision: { kind: "keep" },
  },
  {
    name: "with no living owner",
    object: objectOf({ ownerReferences: refs("a", "b") }),
    owners: { a: "absent", b: "absent" },
    decision: { kind: "delete", propagationPolicy: "Background" },
  },
  {
    name: "with an owner of which nothing is known",
    object: objectOf({ ownerReferences: refs("a", "b") }),
    owners: { a: "absent", b: "unknown" },
    decision: { kind: "keep" },
  },
  {
    name: "with a living, a dead and a waiting owner",
    object: objectOf({ ownerReferences: refs("a", "b", "c") }),
    owners: { a: "present", b: "absent", c: "waiting" },
    decision: { kind: "dropOwners", uids: ["b", "c"] },
  },
  {
    name: "with a waiting owner and dependents of its own",
    object: objectOf({ ownerReferences: refs("a") }),
    owners: { a: "waiting" },
    dependents: [bystander],
    decision: { kind: "delete", propagationPolicy: "Foreground" },
  },
  {
    name: "with a waiting owner and no dependents",
    object: objectOf({ ownerReferences: refs("a") }),
    owners: { a: "waiting" },
    decision: { kind: "delete", propagationPolicy: "Background" },
  },
  {
    name: "that wants its dependents orphaned",
    object: objectOf({ ownerReferences: refs("a"), finalizers: ["orphan"] }),
    owners: { a: "absent" },
    decision: { kind: "delete", propagationPolicy: "Orphan" },
  },
  {
    name: "that is being deleted for itself",
    object: objectOf({ ...going, finalizers: ["example.com/x"] }),
    decision: { kind: "keep" },
  },
  {
    name: "that orphans",
    object: objectOf({ ...going, finalizers: ["orphan"] }),
    dependents: [blocker],
    decision: { kind: "orphan" },
  },
  {
    name: "that waits for dependents",
    object: objectOf({ ...going, finalizers: ["foregroundDeletion"] }),
    dependents: [blocker, goingBlocker, bystander],
    decision: { kind: "wait", toDelete: [blocker] },
  },
  {
    name: "that has only dependents that do not hold it",
    object: objectOf({ ...going, finalizers: ["foregroundDeletion"] }),
    dependents: [bystander],
    decision: { kind: "release" },
  },
])("an object $name", ({ object, owners = {}, dependents = [], decision }) => {
  const states = new Map(Object.entries(owners));
  expect(decideGarbage({ object, owners: states, dependents })).toEqual(decision);
});

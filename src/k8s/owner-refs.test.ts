import { expect, test } from "vitest";
import { controllerOf, controllerRef, isControlledBy } from "./owner-refs.ts";

const owner = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web", uid: "u1", resourceVersion: "1", creationTimestamp: "T" },
};

test("what a controller makes is controlled by it", () => {
  const reference = controllerRef(owner);
  expect(reference).toEqual({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: "web",
    uid: "u1",
    controller: true,
    blockOwnerDeletion: true,
  });
  expect(isControlledBy({ ownerReferences: [reference] }, owner)).toBe(true);
});

test("an owner that is no controller is not the controller", () => {
  const reference = { apiVersion: "v1", kind: "Node", name: "n", uid: "u2" };
  expect(controllerOf({ ownerReferences: [reference, controllerRef(owner)] })?.uid).toBe("u1");
  expect(controllerOf({ ownerReferences: [reference] })).toBeUndefined();
});

import { expect, test } from "vitest";
import type { Deployment } from "../../k8s/types/apps.ts";
import { newReplicaSetAnnotations } from "./annotations.ts";

const revision = "deployment.kubernetes.io/revision";
const history = "deployment.kubernetes.io/revision-history";

function deploymentOf(annotations: Readonly<Record<string, string>>): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", uid: "1", resourceVersion: "1", creationTimestamp: "", annotations },
    spec: { selector: {}, template: { spec: { containers: [] } } },
  };
}

const deployment = deploymentOf({
  "kubernetes.io/change-cause": "set image",
  "kubectl.kubernetes.io/last-applied-configuration": "{}",
  [revision]: "7",
});

test.each([
  {
    name: "a new one gets its revision and what is copied",
    current: {},
    next: 3,
    after: { [revision]: "3" },
  },
  {
    name: "the newest keeps its revision",
    current: { [revision]: "3" },
    next: 3,
    after: { [revision]: "3" },
  },
  {
    name: "one that is newer than the others need keeps its revision",
    current: { [revision]: "5" },
    next: 3,
    after: { [revision]: "5" },
  },
  {
    name: "one that a rollback makes the newest remembers what it was",
    current: { [revision]: "1" },
    next: 3,
    after: { [revision]: "3", [history]: "1" },
  },
  {
    name: "the history grows",
    current: { [revision]: "3", [history]: "1" },
    next: 5,
    after: { [revision]: "5", [history]: "1,3" },
  },
  {
    name: "what is no number stays as it is",
    current: { [revision]: "first" },
    next: 3,
    after: { [revision]: "first" },
  },
])("of the annotations of a ReplicaSet, $name", ({ current, next, after }) => {
  expect(newReplicaSetAnnotations(deployment, current, next)).toEqual({
    "kubernetes.io/change-cause": "set image",
    ...after,
  });
});

test("the history stays short", () => {
  let annotations: Readonly<Record<string, string>> = {};
  for (let next = 1; next < 2_000; next += 1) {
    annotations = newReplicaSetAnnotations(deployment, annotations, next);
  }
  expect(annotations[history]?.length).toBeLessThanOrEqual(2_000);
  expect(annotations[history]?.split(",").at(-1)).toBe("1998");
});

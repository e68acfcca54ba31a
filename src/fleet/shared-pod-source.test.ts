import { expect, test } from "vitest";
import type { Pod } from "../k8s/types/core.ts";
import { createPodStore } from "./shared-pod-source.ts";

function pod(uid: string, nodeName: string | undefined, resourceVersion = "1"): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: uid.slice(0, 1),
      namespace: "default",
      uid,
      resourceVersion,
      creationTimestamp: "2026-01-01T00:00:00Z",
      annotations: { large: "x".repeat(1_000) },
    },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      containers: [{ name: "main", image: "nginx", command: ["sleep"], args: ["1"] }],
    },
  };
}

function createTestStore() {
  const store = createPodStore((name) => name.startsWith("hollow-"));
  const lines: string[] = [];
  const kept: Pod[] = [];
  const subscribe = (nodeName: string) =>
    store.subscribe(nodeName, {
      changed(changed) {
        kept.push(changed);
        lines.push(
          `${nodeName} changed ${changed.metadata.uid}@${changed.metadata.resourceVersion}`,
        );
      },
      removed: ({ metadata }) => lines.push(`${nodeName} removed ${metadata.uid}`),
    });
  return { store, lines, kept, subscribe };
}

test("each kubelet hears of its own pods, also of those that were there before it", () => {
  const { store, lines, subscribe } = createTestStore();
  store.apply(pod("a1", "hollow-1"));
  store.apply(pod("b1", "hollow-2"));
  subscribe("hollow-1");
  store.apply(pod("c1", "hollow-1"));
  store.apply(pod("a1", "hollow-1", "2"));
  store.remove(pod("c1", "hollow-1", "3"));
  expect(lines).toEqual([
    "hollow-1 changed a1@1",
    "hollow-1 changed c1@1",
    "hollow-1 changed a1@2",
    "hollow-1 removed c1",
  ]);
  expect(store.size).toBe(2);
});

test("nothing is kept of the pods of other nodes", () => {
  const { store } = createTestStore();
  store.apply(pod("a1", "worker"));
  store.apply(pod("b1", undefined));
  store.remove(pod("a1", "worker"));
  expect(store.size).toBe(0);
});

test("a new list repeats nothing, and removes what it does not hold", () => {
  const { store, lines, subscribe } = createTestStore();
  subscribe("hollow-1");
  for (const uid of ["a1", "b1"]) store.apply(pod(uid, "hollow-1"));
  lines.length = 0;
  store.beginList();
  store.apply(pod("a1", "hollow-1"));
  // Another pod of the same name.
  store.apply(pod("b2", "hollow-1"));
  store.endList();
  expect(lines).toEqual(["hollow-1 changed b2@1", "hollow-1 removed b1"]);
  expect(store.size).toBe(2);
});

test("a list that begins again counts from its beginning", () => {
  const { store, lines, subscribe } = createTestStore();
  subscribe("hollow-1");
  store.apply(pod("a1", "hollow-1"));
  store.beginList();
  store.apply(pod("a1", "hollow-1"));
  store.beginList();
  store.endList();
  expect(lines.at(-1)).toBe("hollow-1 removed a1");
});

test("a kubelet that has unsubscribed hears nothing more", () => {
  const { store, lines, subscribe } = createTestStore();
  const unsubscribe = subscribe("hollow-1");
  unsubscribe();
  store.apply(pod("a1", "hollow-1"));
  expect(lines).toEqual([]);
});

test("a pod is kept without what a kubelet does not ask for", () => {
  const { store, kept, subscribe } = createTestStore();
  subscribe("hollow-1");
  store.apply(pod("a1", "hollow-1"));
  expect(kept[0]?.metadata).not.toHaveProperty("annotations");
  expect(kept[0]?.spec.containers).toEqual([{ name: "main", image: "nginx" }]);
});

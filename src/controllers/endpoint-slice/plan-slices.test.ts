import fc from "fast-check";
import { expect, test } from "vitest";
import type { Node, Pod, Service } from "../../k8s/types/core.ts";
import type { EndpointSlice } from "../../k8s/types/discovery.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import { endpointsPerSliceMax } from "./pack-slices.ts";
import { planSlices, type SlicePlan } from "./plan-slices.ts";

const meta = { uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };

const service: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { ...meta, name: "web", namespace: "default", uid: "service", labels: { app: "web" } },
  spec: {
    clusterIP: "10.0.0.1",
    ipFamilies: ["IPv4"],
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: "main" }],
  },
};

const node: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { ...meta, name: "n1", labels: { "topology.kubernetes.io/zone": "z1" } },
};

interface PodOptions {
  readonly ready?: boolean;
  readonly port?: number;
  readonly deleting?: boolean;
}

function podOf(index: number, { ready = true, port = 8080, deleting }: PodOptions = {}): Pod {
  const ip = `10.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...meta,
      name: `p${index}`,
      namespace: "default",
      uid: `uid-${index}`,
      ...(deleting === true ? { deletionTimestamp: "2026-01-01T00:01:00Z" } : {}),
    },
    spec: {
      nodeName: "n1",
      containers: [
        {
          name: "main",
          image: "i",
          ports: [{ name: "main", protocol: "TCP", containerPort: port }],
        },
      ],
    },
    status: {
      podIPs: [{ ip }],
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

function plan(
  pods: readonly Pod[],
  slices: readonly EndpointSlice[] = [],
  of: Service = service,
): SlicePlan {
  const nodeOf = (name: string): Node | undefined => (name === "n1" ? node : undefined);
  return planSlices({ service: of, pods, slices, triggerTime: undefined, nodeOf });
}

let names = 0;

function stored(slice: ToCreate<EndpointSlice>): EndpointSlice {
  names += 1;
  return {
    ...slice,
    metadata: { ...meta, ...slice.metadata, name: `web-${names}`, uid: `slice-${names}` },
  } as EndpointSlice;
}

/** The slices after the plan was carried out. */
function carriedOut(
  { create, update, remove }: SlicePlan,
  before: readonly EndpointSlice[],
): readonly EndpointSlice[] {
  const changed = new Map(update.map((slice) => [slice.metadata.uid, slice]));
  const gone = new Set(remove.map(({ metadata }) => metadata.uid));
  return [
    ...before
      .filter(({ metadata }) => !gone.has(metadata.uid))
      .map((slice) => changed.get(slice.metadata.uid) ?? slice),
    ...create.map(stored),
  ];
}

function podNames(slices: readonly EndpointSlice[]): readonly string[] {
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .map(({ targetRef }) => targetRef?.name ?? "")
    .sort();
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

test("an endpoint says where its pod is and how it is", () => {
  const { create } = plan([podOf(0)]);
  expect(create).toEqual([
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        generateName: "web-",
        namespace: "default",
        labels: {
          app: "web",
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
        annotations: {},
        ownerReferences: [
          {
            apiVersion: "v1",
            kind: "Service",
            name: "web",
            uid: "service",
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      addressType: "IPv4",
      endpoints: [
        {
          addresses: ["10.1.0.1"],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: "Pod", namespace: "default", name: "p0", uid: "uid-0" },
          nodeName: "n1",
          zone: "z1",
        },
      ],
      ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    },
  ]);
});

test.each([
  { name: "ready", pod: podOf(0), ready: true, serving: true, terminating: false },
  {
    name: "not ready",
    pod: podOf(0, { ready: false }),
    ready: false,
    serving: false,
    terminating: false,
  },
  {
    name: "ready and being deleted",
    pod: podOf(0, { deleting: true }),
    ready: false,
    serving: true,
    terminating: true,
  },
])("the conditions of a pod that is $name", ({ pod, ready, serving, terminating }) => {
  const endpoint = plan([pod]).create[0]?.endpoints?.[0];
  expect(endpoint?.conditions).toEqual({ ready, serving, terminating });
});

test.each([
  { name: "one slice holds a hundred", count: 100, slices: [100] },
  { name: "one more begins another", count: 101, slices: [100, 1] },
  { name: "none make an empty slice", count: 0, slices: [0] },
])("of new endpoints, $name", ({ count, slices }) => {
  const { create } = plan(range(0, count).map((index) => podOf(index)));
  expect(create.map(({ endpoints }) => endpoints?.length)).toEqual(slices);
});

test("an empty slice stays when there is still nothing", () => {
  const placeholder = plan([]).create.map(stored);
  expect(plan([], placeholder)).toEqual({ create: [], update: [], remove: [], missingNodes: [] });
});

test("the first endpoint goes into the empty slice", () => {
  const [placeholder] = plan([]).create.map(stored);
  if (placeholder === undefined) expect.unreachable();
  const next = plan([podOf(0)], [placeholder]);
  expect(next).toMatchObject({
    create: [],
    remove: [],
    update: [{ metadata: { name: placeholder.metadata.name } }],
  });
});

test("pods with another port of that name have a slice of their own", () => {
  const { create } = plan([podOf(0), podOf(1, { port: 9090 })]);
  expect(create.map(({ ports }) => ports?.[0]?.port)).toEqual([8080, 9090]);
});

test("one change is one write, and it takes what is new along", () => {
  const slices = plan(range(0, 150).map((index) => podOf(index))).create.map(stored);
  const next = plan(
    [...range(1, 150), 200].map((index) => podOf(index)),
    slices,
  );
  expect(next.create).toEqual([]);
  expect(next.remove).toEqual([]);
  expect(next.update.map(({ endpoints }) => endpoints?.length)).toEqual([100]);
});

test("a slice of an earlier service of that name is removed, not changed", () => {
  const slices = plan([podOf(0)]).create.map(stored);
  const again = { ...service, metadata: { ...service.metadata, uid: "other" } };
  const next = plan([podOf(0)], slices, again);
  expect([next.create.length, next.update.length, next.remove.length]).toEqual([1, 0, 1]);
});

test("a pod on a node that is not known is left out, and named", () => {
  const pod = podOf(0);
  const next = plan([{ ...pod, spec: { ...pod.spec, nodeName: "gone" } }]);
  expect(next.missingNodes).toEqual(["gone"]);
  expect(next.create.map(({ endpoints }) => endpoints)).toEqual([[]]);
});

test("a label of the service comes to its slices", () => {
  const slices = plan([podOf(0)]).create.map(stored);
  const labelled = { ...service, metadata: { ...service.metadata, labels: { app: "other" } } };
  const { update } = plan([podOf(0)], slices, labelled);
  expect(update[0]?.metadata.labels).toMatchObject({ app: "other" });
});

test("slices of a service without an address are marked headless", () => {
  const headless = { ...service, spec: { ...service.spec, clusterIP: "None", ports: [] } };
  const { create } = plan([podOf(0)], [], headless);
  expect(create[0]).toMatchObject({ ports: [] });
  expect(create[0]?.metadata.labels).toHaveProperty("service.kubernetes.io/headless", "");
});

test("whatever comes and goes, each pod is in one slice, none is too full, and it settles", () => {
  const podSets = fc.array(fc.uniqueArray(fc.nat(399), { maxLength: 300 }), { maxLength: 5 });
  fc.assert(
    fc.property(podSets, (sets) => {
      let slices: readonly EndpointSlice[] = [];
      for (const set of sets) {
        const pods = set.map((index) => podOf(index));
        slices = carriedOut(plan(pods, slices), slices);
        expect(podNames(slices)).toEqual(pods.map(({ metadata }) => metadata.name).sort());
        for (const { endpoints } of slices) {
          expect(endpoints?.length).toBeLessThanOrEqual(endpointsPerSliceMax);
        }
        const { create, update, remove } = plan(pods, slices);
        expect([...create, ...update, ...remove]).toEqual([]);
      }
    }),
    { numRuns: 40 },
  );
});

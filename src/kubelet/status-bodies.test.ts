import { expect, test } from "vitest";
import type { JsonObject } from "../k8s/json.ts";
import { createObjects, createTestKubelet } from "./pod-manager.fixture.ts";

const order = [
  { type: "PodReadyToStartContainers" },
  { type: "Initialized" },
  { type: "Ready" },
  { type: "ContainersReady" },
  { type: "PodScheduled" },
];
const id = "fakeRuntime://web_default_U_0_main_0";

interface Version {
  /** Of metadata.generation, in whatever says so. */
  readonly of: (generation: number) => JsonObject;
  readonly resources: JsonObject;
  readonly scheduled: (generation: number) => readonly JsonObject[];
}

const v31: Version = { of: () => ({}), resources: {}, scheduled: () => [] };
const v34: Version = {
  of: (observedGeneration) => ({ observedGeneration }),
  resources: { resources: {} },
  scheduled: (observedGeneration) => [{ observedGeneration, type: "PodScheduled" }],
};

/** What Kubemark was recorded to send, with its times and UIDs masked. */
function recorded({ of, resources, scheduled: bound }: Version): readonly JsonObject[] {
  const volumeMounts = [
    { mountPath: "/settings", name: "settings" },
    {
      mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
      name: "kube-api-access-R",
      readOnly: true,
      recursiveReadOnly: "Disabled",
    },
  ];
  const container = {
    image: "nginx:1.27",
    lastState: {},
    name: "main",
    ready: true,
    restartCount: 0,
  };
  const started = {
    ...container,
    ...resources,
    containerID: id,
    imageID: "nginx:1.27",
    volumeMounts,
  };
  const condition = (type: string, status: string): JsonObject => ({
    lastProbeTime: null,
    lastTransitionTime: "T",
    ...of(1),
    status,
    type,
  });
  const completed = (type: string): JsonObject => ({
    lastTransitionTime: "T",
    ...of(2),
    reason: "PodCompleted",
    status: "False",
    type,
  });
  const terminated = { containerID: id, exitCode: 0, finishedAt: "T", startedAt: "T" };
  const statuses: readonly JsonObject[] = [
    {
      "$setElementOrder/conditions": order,
      conditions: [
        condition("PodReadyToStartContainers", "False"),
        condition("Initialized", "True"),
        condition("Ready", "True"),
        condition("ContainersReady", "True"),
        ...bound(1),
      ],
      containerStatuses: [
        {
          ...container,
          imageID: "",
          state: { waiting: { reason: "ContainerCreating" } },
          volumeMounts,
        },
      ],
      hostIP: "198.18.0.1",
      hostIPs: [{ ip: "198.18.0.1" }],
      ...of(1),
      startTime: "T",
    },
    {
      "$setElementOrder/conditions": order,
      conditions: [{ lastTransitionTime: "T", status: "True", type: "PodReadyToStartContainers" }],
      containerStatuses: [{ ...started, state: { running: { startedAt: "T" } } }],
      phase: "Running",
      podIP: "192.168.192.168",
      podIPs: [{ ip: "192.168.192.168" }],
    },
    {
      "$setElementOrder/conditions": order,
      conditions: [
        { lastTransitionTime: "T", ...of(2), status: "False", type: "PodReadyToStartContainers" },
        { ...of(2), reason: "PodCompleted", type: "Initialized" },
        completed("Ready"),
        completed("ContainersReady"),
        ...bound(2),
      ],
      containerStatuses: [{ ...started, state: { terminated } }],
      ...of(2),
      phase: "Succeeded",
    },
  ];
  return statuses.map((status) => ({ metadata: { uid: "U" }, status }));
}

test.each([
  { minor: 31, version: v31 },
  { minor: 34, version: v34 },
] as const)(
  "statuses of 1.$minor are those of Kubemark, field by field",
  async ({ minor, version }) => {
    await using kubelet = await createTestKubelet({ minor, latencyMs: 5 });
    const { clock } = kubelet.env;
    await createObjects(kubelet.client);
    const spec = {
      containers: [
        {
          name: "main",
          image: "nginx:1.27",
          volumeMounts: [{ name: "settings", mountPath: "/settings" }],
        },
      ],
      volumes: [{ name: "settings", configMap: { name: "settings" } }],
    };
    // Of the first one a kubelet with nothing else to do says more than that it has ended.
    await kubelet.bindPod("other", spec);
    await kubelet.bindPod("web", spec);
    await clock.advance(10_000);
    await kubelet.deletePod("other");
    await kubelet.deletePod("web");
    await clock.advance(10_000);
    const uid = kubelet.requests.find(({ line }) => line === "DELETE pods/web")?.body?.[
      "preconditions"
    ] as { uid: string };
    const bodies = kubelet.requests.flatMap(({ line, body }) =>
      line === "PATCH pods/web/status" && body !== undefined ? [masked(body, uid.uid)] : [],
    );
    expect(bodies).toEqual(recorded(version));
  },
);

function masked(body: JsonObject, uid: string): unknown {
  const text = JSON.stringify(body)
    .replaceAll(uid, "U")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "T")
    .replaceAll(/kube-api-access-\w+/g, "kube-api-access-R");
  return JSON.parse(text);
}

import { describe, expect, test } from "vitest";
import { events } from "../k8s/resources.ts";
import {
  createTestKubelet,
  type TestKubelet,
  type TestKubeletOptions,
} from "./pod-manager.fixture.ts";

const plain = { automountServiceAccountToken: false } as const;

/** What was said, in the order in which it was: `Started spec.containers{main}: Started container main`. */
async function said(kubelet: TestKubelet): Promise<readonly string[]> {
  const { items } = await kubelet.client.list(events, { namespace: "default" });
  return items
    .toSorted((left, right) => revision(left) - revision(right))
    .map(({ type, reason, message, involvedObject }) => {
      const { fieldPath } = involvedObject;
      const about = fieldPath === undefined ? "" : ` ${fieldPath}`;
      return `${type === "Warning" ? "Warning " : ""}${reason}${about}: ${message}`;
    });
}

function revision({
  metadata,
}: {
  readonly metadata: { readonly resourceVersion: string };
}): number {
  return Number(metadata.resourceVersion);
}

async function lifeOf(options: TestKubeletOptions): Promise<readonly string[]> {
  await using kubelet = await createTestKubelet({ profile: "kubelet", ...options });
  await kubelet.createPod("web", plain);
  await kubelet.env.clock.advance(5_000);
  await kubelet.deletePod("web");
  await kubelet.env.clock.advance(5_000);
  return said(kubelet);
}

describe("a kubelet says what happens to a pod", () => {
  test.each([
    { minor: 31, created: "Created container main", started: "Started container main" },
    { minor: 34, created: "Created container: main", started: "Started container main" },
    { minor: 36, created: "Container created", started: "Container started" },
  ] as const)("in the words of 1.$minor", async ({ minor, created, started }) => {
    const lines = await lifeOf({ minor });
    expect(lines).toEqual([
      'Pulling spec.containers{main}: Pulling image "nginx:1.27"',
      expect.stringMatching(
        /^Pulled spec.containers\{main\}: Successfully pulled image "nginx:1.27" in \d+ms \(\d+ms including waiting\)\. Image size: \d+ bytes\.$/,
      ),
      `Created spec.containers{main}: ${created}`,
      `Started spec.containers{main}: ${started}`,
      "Killing spec.containers{main}: Stopping container main",
    ]);
  });

  test("Kubemark says nothing", async () => {
    expect(await lifeOf({ profile: "kubemark" })).toEqual([]);
  });

  test("an image that is there is not pulled, unless it always is", async () => {
    await using kubelet = await createTestKubelet({ profile: "kubelet", minor: 34 });
    await kubelet.createPod("one", plain);
    await kubelet.env.clock.advance(5_000);
    await kubelet.createPod("two", plain);
    const image = "nginx:1.27";
    const containers = [{ name: "main", image, imagePullPolicy: "Always" as const }];
    await kubelet.env.clock.advance(5_000);
    await kubelet.createPod("three", { ...plain, containers });
    await kubelet.env.clock.advance(5_000);
    const lines = (await said(kubelet)).map((line) => line.replace(/ in \d.*$/, ""));
    expect(lines.filter((line) => line.startsWith("Pull"))).toEqual([
      'Pulling spec.containers{main}: Pulling image "nginx:1.27"',
      'Pulled spec.containers{main}: Successfully pulled image "nginx:1.27"',
      'Pulled spec.containers{main}: Container image "nginx:1.27" already present on machine',
      'Pulling spec.containers{main}: Pulling image "nginx:1.27"',
      'Pulled spec.containers{main}: Successfully pulled image "nginx:1.27"',
    ]);
  });

  test("init containers and sidecars too, each when it starts; all end at once", async () => {
    await using kubelet = await createTestKubelet({ profile: "kubelet", minor: 34 });
    const image = "busybox:1";
    const initContainers = [
      { name: "first", image },
      { name: "mesh", image, restartPolicy: "Always" as const },
    ];
    await kubelet.createPod("web", { ...plain, initContainers });
    await kubelet.env.clock.advance(5_000);
    await kubelet.deletePod("web");
    await kubelet.env.clock.advance(5_000);
    const lines = (await said(kubelet)).map((line) => line.replace(/:.*$/, ""));
    expect(lines.filter((line) => /^(Started|Killing)/.test(line))).toEqual([
      "Started spec.initContainers{first}",
      "Started spec.initContainers{mesh}",
      "Started spec.containers{main}",
      "Killing spec.containers{main}",
      "Killing spec.initContainers{mesh}",
    ]);
  });

  test("a pod that has no room, and a volume that cannot be mounted", async () => {
    await using kubelet = await createTestKubelet({
      profile: "kubelet",
      minor: 34,
      capacity: { cpu: "1" },
    });
    const resources = { requests: { cpu: "2" } };
    await kubelet.createPod("big", {
      ...plain,
      containers: [{ name: "main", image: "nginx:1.27", resources }],
    });
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    await kubelet.createPod("web", {
      ...plain,
      containers: [{ name: "main", image: "nginx:1.27", volumeMounts }],
      volumes: [{ name: "data", secret: { secretName: "none" } }],
    });
    await kubelet.env.clock.advance(1_000);
    expect(await said(kubelet)).toEqual([
      "Warning OutOfcpu: Node didn't have enough resource: cpu, requested: 2000, used: 0, capacity: 1000",
      'Warning FailedMount: MountVolume.SetUp failed for volume "data" : secret "none" not found',
    ]);
  });
});

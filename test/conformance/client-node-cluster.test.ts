import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, createCluster } from "../../src/index.ts";

const namespace = "default";
const config = new KubeConfig();
let cluster: Cluster;
let core: CoreV1Api;
let apps: AppsV1Api;

beforeAll(async () => {
  cluster = await createCluster({ nodes: 3 });
  const { access } = cluster.controlPlane;
  if (access === undefined) throw new Error("an embedded cluster gives access");
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  config.loadFromClusterAndUser(
    {
      name: "embedded",
      server: access.server,
      caData: base64(access.caPem),
      skipTLSVerify: false,
    },
    {
      name: "admin",
      certData: base64(access.clientCertPem),
      keyData: base64(access.clientKeyPem),
    },
  );
  core = config.makeApiClient(CoreV1Api);
  apps = config.makeApiClient(AppsV1Api);
});

afterAll(() => cluster?.[Symbol.asyncDispose]());

function deployment(
  name: string,
  replicas: number,
): Parameters<AppsV1Api["createNamespacedDeployment"]>[0]["body"] {
  const labels = { app: name };
  const containers = [{ name: "nginx", image: "nginx", env: [{ name: "A", value: "1" }] }];
  return {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

describe("a Deployment", () => {
  test("takes each type of patch, each in its own way", async () => {
    const name = "patched";
    await apps.createNamespacedDeployment({ namespace, body: deployment(name, 0) });
    const patch = (body: object, type: PatchStrategy): ReturnType<typeof containersOf> =>
      containersOf(
        apps.patchNamespacedDeployment(
          { name, namespace, body },
          setHeaderOptions("Content-Type", type),
        ),
      );
    const path = "/spec/template/spec/containers/0/image";
    expect(
      await patch([{ op: "replace", path, value: "nginx:2" }], PatchStrategy.JsonPatch),
    ).toEqual(["nginx=nginx:2"]);
    const template = (...containers: readonly object[]): object => ({
      spec: { template: { spec: { containers } } },
    });
    // Strategic: a list with a key is merged. JSON merge: it is replaced.
    expect(
      await patch(template({ name: "log", image: "log:1" }), PatchStrategy.StrategicMergePatch),
    ).toEqual(["log=log:1", "nginx=nginx:2"]);
    expect(
      await patch(template({ name: "only", image: "only:1" }), PatchStrategy.MergePatch),
    ).toEqual(["only=only:1"]);
  });

  test("becomes pods that an informer sees run, and go", async () => {
    const name = "informed";
    const labelSelector = `app=${name}`;
    const informer = makeInformer<V1Pod>(
      config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => core.listNamespacedPod({ namespace, labelSelector }),
      labelSelector,
    );
    const running = new Set<string>();
    const nodes = new Set<string>();
    const settled = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = ({ metadata, spec, status }: V1Pod): void => {
          if (status?.phase !== "Running") return;
          running.add(metadata?.name ?? "");
          nodes.add(spec?.nodeName ?? "");
          if (running.size === count) resolve();
        };
        informer.on("add", look);
        informer.on("update", look);
        informer.on("delete", ({ metadata }: V1Pod) => {
          running.delete(metadata?.name ?? "");
          if (running.size === count) resolve();
        });
      });
    await informer.start();
    const allRun = settled(6);
    await apps.createNamespacedDeployment({ namespace, body: deployment(name, 6) });
    await allRun;
    expect(nodes.size).toBe(3);
    const allGone = settled(0);
    await apps.deleteNamespacedDeployment({ name, namespace });
    await allGone;
    await informer.stop();
  }, 20_000);
});

async function containersOf(
  answer: ReturnType<AppsV1Api["patchNamespacedDeployment"]>,
): Promise<readonly string[]> {
  const containers = (await answer).spec?.template.spec?.containers ?? [];
  return containers.map(({ name, image }) => `${name}=${image}`).sort();
}

describe("a refusal is a Status with its code and reason", () => {
  const configMap = { metadata: { name: "one" }, data: { a: "1" } };
  const refusals: readonly {
    readonly name: string;
    readonly ask: () => Promise<unknown>;
    readonly status: object;
  }[] = [
    {
      name: "404 for what is not there",
      ask: () => core.readNamespacedConfigMap({ name: "none", namespace }),
      status: {
        code: 404,
        reason: "NotFound",
        message: 'configmaps "none" not found',
        details: { kind: "configmaps", name: "none" },
      },
    },
    {
      name: "409 for what is there already",
      ask: () => core.createNamespacedConfigMap({ namespace, body: configMap }),
      status: {
        code: 409,
        reason: "AlreadyExists",
        message: 'configmaps "one" already exists',
      },
    },
    {
      name: "409 for a write over a newer one",
      ask: () => {
        const metadata = { name: "one", resourceVersion: "1" };
        const body = { ...configMap, metadata };
        return core.replaceNamespacedConfigMap({ name: "one", namespace, body });
      },
      status: { code: 409, reason: "Conflict", details: { kind: "configmaps", name: "one" } },
    },
    {
      name: "422 for what is not valid, with the field",
      ask: () => core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "A_b" } } }),
      status: {
        code: 422,
        reason: "Invalid",
        details: {
          kind: "ConfigMap",
          causes: [expect.objectContaining({ field: "metadata.name" })],
        },
      },
    },
  ];

  beforeAll(async () => {
    await core.createNamespacedConfigMap({ namespace, body: configMap });
  });

  test.each(refusals)("$name", async ({ ask, status }) => {
    const error = await ask().then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(ApiException);
    const { body } = error as ApiException<unknown>;
    const found: unknown = typeof body === "string" ? JSON.parse(body) : body;
    expect(found).toMatchObject({ apiVersion: "v1", kind: "Status", status: "Failure", ...status });
  });
});

import {
  AppsV1Api,
  CoreV1Api,
  type CoreV1Event,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  Watch,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ApiServer,
  adminUser,
  createApiServer,
  createClusterCertificates,
  type Listener,
  startListener,
} from "../../src/apiserver/index.ts";
import type { Env } from "../../src/base/env.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";

// A client that others wrote, over real sockets: what it expects of an API server holds.
const env: Env = { ...createTestEnv(), clock: createSystemClock() };
const config = new KubeConfig();
const namespace = "default";
let server: ApiServer;
let listener: Listener;

beforeAll(async () => {
  const certificates = createClusterCertificates({}, env);
  server = createApiServer({}, env);
  const tls = { serving: certificates.serving, clientCaPem: certificates.caPem };
  listener = await startListener({ server, tls }, env);
  const { certPem, keyPem } = certificates.issueClient(adminUser);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  config.loadFromOptions({
    clusters: [
      { name: "c", server: listener.url, caData: base64(certificates.caPem), skipTLSVerify: false },
    ],
    users: [{ name: "u", certData: base64(certPem), keyData: base64(keyPem) }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
});

afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  server.close();
});

test("objects are created, read, replaced, patched, listed and deleted", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const body = { metadata: { name: "crud" }, data: { a: "1" } };
  const created = await core.createNamespacedConfigMap({ namespace, body });
  expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
  const replaced = await core.replaceNamespacedConfigMap({
    namespace,
    name: "crud",
    body: { ...created, data: { a: "2" } },
  });
  expect(replaced.data).toEqual({ a: "2" });
  const patched = await core.patchNamespacedConfigMap({
    namespace,
    name: "crud",
    body: [{ op: "add", path: "/data/b", value: "3" }],
  });
  expect(patched.data).toEqual({ a: "2", b: "3" });
  const merged = await core.patchNamespacedConfigMap(
    { namespace, name: "crud", body: { data: { a: null } } },
    setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
  );
  expect(merged.data).toEqual({ b: "3" });
  const list = await core.listNamespacedConfigMap({
    namespace,
    fieldSelector: "metadata.name=crud",
  });
  expect(list.items).toHaveLength(1);
  await core.deleteNamespacedConfigMap({ namespace, name: "crud" });
  await expect(core.readNamespacedConfigMap({ namespace, name: "crud" })).rejects.toMatchObject({
    code: 404,
  });
});

test("an informer lists, follows and sees deletions", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const informer = makeInformer<V1ConfigMap>(config, path, () =>
    core.listNamespacedConfigMap({ namespace }),
  );
  const seen: string[] = [];
  const gone = new Promise<void>((resolve) => {
    for (const event of ["add", "update", "delete"] as const) {
      informer.on(event, (object) => {
        if (object.metadata?.name !== "informed") return;
        seen.push(event);
        if (event === "delete") resolve();
      });
    }
  });
  await informer.start();
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "informed" } } });
  await core.patchNamespacedConfigMap({
    namespace,
    name: "informed",
    body: [{ op: "add", path: "/data", value: { a: "b" } }],
  });
  await core.deleteNamespacedConfigMap({ namespace, name: "informed" });
  await gone;
  await informer.stop();
  expect(seen).toEqual(["add", "update", "delete"]);
});

test("a watch of everything in a group works without its types", async () => {
  const types: string[] = [];
  const apps = config.makeApiClient(AppsV1Api);
  let request: AbortController | undefined;
  const added = new Promise<void>((resolve, reject) => {
    new Watch(config)
      .watch(
        "/apis/apps/v1/deployments",
        {},
        (type) => {
          types.push(type);
          resolve();
        },
        () => undefined,
      )
      .then((controller) => {
        request = controller;
      }, reject);
  });
  const labels = { app: "w" };
  await apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name: "w" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    },
  });
  await added;
  request?.abort();
  expect(types).toEqual(["ADDED"]);
});

test("objects of any kind are found through discovery", async () => {
  const client = KubernetesObjectApi.makeApiClient(config);
  const event: CoreV1Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "e", namespace },
    involvedObject: { kind: "ConfigMap", namespace, name: "a" },
    reason: "Tested",
  };
  expect(await client.create(event)).toMatchObject({ reason: "Tested" });
  const metadata = { name: "e", namespace };
  const read = await client.read({ apiVersion: "events.k8s.io/v1", kind: "Event", metadata });
  expect(read).toMatchObject({ regarding: { name: "a" } });
});

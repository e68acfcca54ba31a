import { expect, test } from "vitest";
import { createTestServer, type TestServer } from "../api-server.fixture.ts";

const pods = "/api/v1/namespaces/default/pods";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

async function serverWithPod(name: string, spec: object = {}): Promise<TestServer> {
  const server = createTestServer();
  const { call } = server;
  await call("POST", "/api/v1/namespaces/default/serviceaccounts", {
    metadata: { name: "default" },
  });
  const { status } = await call("POST", pods, {
    metadata: { name, labels: { app: "a" } },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  });
  expect(status).toBe(201);
  return server;
}

const binding = (name: string, node = "n"): object => ({
  metadata: { name, annotations: { why: "it fits" } },
  target: { kind: "Node", name: node },
});

test.each([`${pods}/p/binding`, "/api/v1/namespaces/default/bindings"])(
  "%s binds a pod to its node, once",
  async (path) => {
    const { call } = await serverWithPod("p");
    expect(await call("POST", path, binding("p"))).toMatchObject({
      status: 201,
      value: { status: "Success" },
    });
    expect((await call("GET", `${pods}/p`)).value).toMatchObject({
      metadata: { annotations: { why: "it fits" } },
      spec: { nodeName: "n" },
      status: {
        conditions: [
          { type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
        ],
      },
    });
    expect((await call("POST", path, binding("p", "m"))).value).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"',
    });
  },
);

test.each([
  { name: "a pod that is not there", body: binding("q"), pod: "q", code: 404 },
  { name: "another pod than the path's", body: binding("q"), pod: "p", code: 400 },
  { name: "no node", body: { metadata: { name: "p" }, target: {} }, pod: "p", code: 422 },
  {
    name: "a pod of before",
    body: { ...binding("p"), metadata: { name: "p", uid: "x" } },
    pod: "p",
    code: 409,
  },
])("a binding of $name is refused with $code", async ({ body, pod, code }) => {
  const { call } = await serverWithPod("p");
  expect((await call("POST", `${pods}/${pod}/binding`, body)).status).toBe(code);
});

test("a pod that waits at a gate is not bound", async () => {
  const { call } = await serverWithPod("p", { schedulingGates: [{ name: "a.io/b" }] });
  const { value } = await call("POST", `${pods}/p/binding`, binding("p"));
  expect(value.message).toContain("pod p has non-empty .spec.schedulingGates");
});

const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } };
const running = {
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};

async function serverWithBudget(status: object): Promise<TestServer> {
  const server = await serverWithPod("p", { nodeName: "n" });
  const { call } = server;
  await call("PATCH", `${pods}/p/status`, running);
  await call("POST", budgets, {
    metadata: { name: "b" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "a" } } },
  });
  await call("PATCH", `${budgets}/b/status`, { status: { expectedPods: 2, ...status } });
  return server;
}

test("an eviction spends the budget and says in the pod why it goes", async () => {
  const { call } = await serverWithBudget({
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
  });
  expect((await call("POST", `${pods}/p/eviction?dryRun=All`, eviction)).status).toBe(201);
  expect((await call("GET", `${budgets}/b`)).value.status.disruptionsAllowed).toBe(1);
  expect((await call("POST", `${pods}/p/eviction`, eviction)).status).toBe(201);
  expect((await call("GET", `${budgets}/b`)).value.status).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { p: "2026-01-01T00:00:00Z" },
    conditions: [{ type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" }],
  });
  const { metadata, status } = (await call("GET", `${pods}/p`)).value;
  expect(metadata.deletionGracePeriodSeconds).toBe(30);
  expect(status.conditions).toContainEqual(
    expect.objectContaining({ type: "DisruptionTarget", reason: "EvictionByEvictionAPI" }),
  );
});

test.each([
  {
    name: "is spent",
    status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 },
    cause: "The disruption budget b needs 1 healthy pods and has 1 currently",
  },
  {
    name: "was not looked at yet",
    status: { disruptionsAllowed: 5 },
    cause: "The disruption budget b is still being processed by the server.",
  },
])("an eviction waits while the budget $name", async ({ status, cause }) => {
  const { call } = await serverWithBudget(status);
  expect((await call("POST", `${pods}/p/eviction`, eviction)).value).toMatchObject({
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: "DisruptionBudget", message: cause }] },
  });
  expect((await call("GET", `${pods}/p`)).value.metadata).not.toHaveProperty("deletionTimestamp");
});

test("a pod that serves nobody is evicted without a look at budgets", async () => {
  const { call } = await serverWithBudget({ disruptionsAllowed: 0 });
  await call("PATCH", `${pods}/p/status`, { status: { phase: "Failed" } });
  expect((await call("POST", `${pods}/p/eviction`, eviction)).status).toBe(201);
  expect((await call("GET", `${pods}/p`)).status).toBe(404);
});

test("a workload is read and changed by its scale", async () => {
  const { call } = createTestServer();
  await call("POST", deployments, {
    metadata: { name: "d" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "d" } },
      template: {
        metadata: { labels: { app: "d" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
    },
  });
  const { value } = await call("GET", `${deployments}/d/scale`);
  expect(value).toMatchObject({
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    spec: { replicas: 2 },
    status: { replicas: 0, selector: "app=d" },
  });
  await call("PATCH", `${deployments}/d/scale`, { spec: { replicas: 3 } });
  expect((await call("GET", `${deployments}/d`)).value).toMatchObject({
    metadata: { generation: 2 },
    spec: { replicas: 3 },
  });
  expect((await call("PUT", `${deployments}/d/scale`, value)).status).toBe(409);
  const fresh = { ...value, metadata: { name: "d" }, spec: { replicas: -1 } };
  expect((await call("PUT", `${deployments}/d/scale`, fresh)).status).toBe(422);
});

test.each([
  { path: `${pods}/p/log`, status: 501 },
  { path: `${pods}/p/exec`, status: 501 },
  { path: `${pods}/p/nonsense`, status: 404 },
  { path: `${pods}/p/binding`, status: 405 },
])("GET $path answers $status", async ({ path, status }) => {
  const { call } = await serverWithPod("p");
  const answer = await call("GET", path);
  expect([answer.status, answer.value.kind]).toEqual([status, "Status"]);
});

test.each([
  { resource: "authorization.k8s.io/v1/selfsubjectaccessreviews", status: { allowed: true } },
  { resource: "authorization.k8s.io/v1/subjectaccessreviews", status: { allowed: true } },
  {
    resource: "authentication.k8s.io/v1/selfsubjectreviews",
    status: {
      userInfo: { username: "tester", groups: ["system:masters", "system:authenticated"] },
    },
  },
  { resource: "authentication.k8s.io/v1/tokenreviews", status: { error: "invalid bearer token" } },
])("$resource is answered and not stored", async ({ resource, status }) => {
  const { call } = createTestServer();
  const answer = await call("POST", `/apis/${resource}`, { spec: {} });
  expect(answer).toMatchObject({ status: 201, value: { status } });
  expect((await call("GET", `/apis/${resource}`)).status).toBe(405);
});

import { expect, test } from "vitest";
import { createApiServer } from "../apiserver/index.ts";
import { createTestEnv } from "../base/test-env.ts";
import { createClient } from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import type { ResponseBody } from "../k8s/transport.ts";
import { discoverResources } from "./api-resources.ts";

function resourceOf(plural: string, kind: string, scope: string): JsonObject {
  return { resource: plural, responseKind: { kind }, scope, verbs: ["get", "list"] };
}

function listOf(
  group: string,
  versions: Readonly<Record<string, readonly JsonObject[]>>,
): JsonObject {
  const items = [
    {
      metadata: { name: group },
      versions: Object.entries(versions).map(([version, resources]) => ({ version, resources })),
    },
  ];
  return { kind: "APIGroupDiscoveryList", items };
}

function clientOf(lists: Readonly<Record<string, JsonObject>>, as: "bytes" | "object") {
  return createClient({
    transport: async ({ path }) => {
      const value = lists[path] ?? {};
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      const body: ResponseBody =
        as === "bytes" ? { kind: "bytes", bytes } : { kind: "object", value };
      return { status: 200, headers: {}, body };
    },
  });
}

test.each(["bytes", "object"] as const)(
  "types are read out of %s, each in one version",
  async (as) => {
    const lists = {
      "/api": listOf("", { v1: [resourceOf("pods", "Pod", "Namespaced")] }),
      "/apis": listOf("batch", {
        v2: [resourceOf("jobs", "Job", "Namespaced")],
        v1: [resourceOf("jobs", "Job", "Namespaced"), resourceOf("old", "Old", "Cluster")],
      }),
    };
    const found = await discoverResources(clientOf(lists, as));
    expect(found.map((each) => [each.group, each.version, each.plural, each.namespaced])).toEqual([
      ["", "v1", "pods", true],
      ["batch", "v2", "jobs", true],
      ["batch", "v1", "old", false],
    ]);
  },
);

test("an answer that is no discovery is an error that says what it is", async () => {
  const lists = { "/api": { kind: "APIVersions" } };
  await expect(discoverResources(clientOf(lists, "object"))).rejects.toThrow(
    "discovery of /api: expected an APIGroupDiscoveryList, found APIVersions with status 200",
  );
});

test("the embedded API server tells its types", async () => {
  const server = createApiServer({}, createTestEnv());
  const user = { name: "admin", groups: ["system:masters"] };
  const found = await discoverResources(createClient({ transport: server.handle, user }));
  const deployments = found.find(({ plural }) => plural === "deployments");
  expect(deployments).toMatchObject({
    group: "apps",
    version: "v1",
    kind: "Deployment",
    namespaced: true,
    verbs: expect.arrayContaining(["create", "delete", "deletecollection", "list", "watch"]),
  });
  server.close();
});

import { expect, test } from "vitest";
import { createOpenApi } from "./index.ts";

const openApi = createOpenApi();

function documentAt(path: string) {
  return JSON.parse(new TextDecoder().decode(openApi.document(`/openapi/v3/${path}`)));
}

const metaTypes = "io.k8s.apimachinery.pkg.apis.meta.v1";

test("the index names each group and version, with the hash of its document", () => {
  const { paths } = JSON.parse(JSON.stringify(openApi.index()));
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(["api/v1", "apis/apps/v1"]));
  expect(paths["apis/apps/v1"]).toEqual({
    serverRelativeURL: `/openapi/v3/apis/apps/v1?hash=${openApi.hash("/openapi/v3/apis/apps/v1")}`,
  });
  expect(openApi.hash("/openapi/v3/apis/apps/v1")).toMatch(/^[0-9A-F]{128}$/);
});

test("what is not served has no document", () => {
  expect(openApi.document("/openapi/v3/apis/apps/v1beta1")).toBeUndefined();
  expect(openApi.hash("/openapi/v3/apis/apps")).toBeUndefined();
});

test("a document is built once", () => {
  expect(openApi.document("/openapi/v3/api/v1")).toBe(openApi.document("/openapi/v3/api/v1"));
});

test("every reference leads to a schema", () => {
  const { paths } = JSON.parse(JSON.stringify(openApi.index()));
  for (const path of Object.keys(paths)) {
    const document = documentAt(path);
    const text = JSON.stringify(document);
    const names = new Set(text.match(/(?<="#\/components\/schemas\/)[^"]+/g));
    expect([...names].filter((name) => !(name in document.components.schemas))).toEqual([]);
  }
});

test("kubectl finds the PATCH of a kind, and that it takes fieldValidation", () => {
  const { paths } = documentAt("apis/apps/v1");
  const { patch } = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
  expect(patch["x-kubernetes-group-version-kind"]).toEqual({
    group: "apps",
    version: "v1",
    kind: "Deployment",
  });
  const names = patch.parameters.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["dryRun", "fieldManager", "fieldValidation", "force"]);
});

test("a resource is under its namespace, and listed over all", () => {
  const { paths } = documentAt("api/v1");
  expect(Object.keys(paths["/api/v1/pods"])).toEqual(["get", "parameters"]);
  expect(Object.keys(paths["/api/v1/namespaces/{namespace}/pods"]).sort()).toEqual([
    "delete",
    "get",
    "parameters",
    "post",
  ]);
  expect(paths["/api/v1/nodes"].post).toBeDefined();
  expect(paths["/api/v1/nodes/{name}/status"].put).toBeDefined();
});

// As kube-apiserver 1.34.4 says them, without descriptions.
test.each([
  {
    name: "io.k8s.api.core.v1.ContainerPort",
    schema: {
      type: "object",
      required: ["containerPort"],
      properties: {
        containerPort: { type: "integer", format: "int32", default: 0 },
        hostIP: { type: "string" },
        hostPort: { type: "integer", format: "int32" },
        name: { type: "string" },
        protocol: { type: "string", default: "TCP", enum: ["SCTP", "TCP", "UDP"] },
      },
    },
  },
  {
    name: "io.k8s.api.core.v1.ConfigMap",
    schema: {
      type: "object",
      properties: {
        apiVersion: { type: "string" },
        binaryData: { type: "object", additionalProperties: { type: "string", format: "byte" } },
        data: { type: "object", additionalProperties: { type: "string", default: "" } },
        immutable: { type: "boolean" },
        kind: { type: "string" },
        metadata: {
          default: {},
          allOf: [{ $ref: `#/components/schemas/${metaTypes}.ObjectMeta` }],
        },
      },
      "x-kubernetes-group-version-kind": [{ group: "", kind: "ConfigMap", version: "v1" }],
    },
  },
  {
    name: `${metaTypes}.OwnerReference`,
    schema: {
      type: "object",
      required: ["apiVersion", "kind", "name", "uid"],
      properties: {
        apiVersion: { type: "string", default: "" },
        blockOwnerDeletion: { type: "boolean" },
        controller: { type: "boolean" },
        kind: { type: "string", default: "" },
        name: { type: "string", default: "" },
        uid: { type: "string", default: "" },
      },
      "x-kubernetes-map-type": "atomic",
    },
  },
  {
    name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    schema: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
])("the schema of $name", ({ name, schema }) => {
  const found = documentAt("api/v1").components.schemas[name];
  expect({ ...found, ...(found.required && { required: found.required.toSorted() }) }).toEqual(
    schema,
  );
});

test.each([
  {
    type: "PodSpec",
    field: "containers",
    extensions: {
      "x-kubernetes-list-map-keys": ["name"],
      "x-kubernetes-list-type": "map",
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-patch-strategy": "merge",
    },
  },
  {
    type: "PodSpec",
    field: "volumes",
    extensions: { "x-kubernetes-patch-strategy": "merge,retainKeys" },
  },
  { type: "PodSpec", field: "nodeSelector", extensions: { "x-kubernetes-map-type": "atomic" } },
  {
    type: "ResourceRequirements",
    field: "limits",
    extensions: {
      additionalProperties: {
        $ref: "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity",
      },
    },
  },
])("$type.$field has its extensions", ({ type, field, extensions }) => {
  const { schemas } = documentAt("api/v1").components;
  expect(schemas[`io.k8s.api.core.v1.${type}`].properties[field]).toMatchObject(extensions);
});

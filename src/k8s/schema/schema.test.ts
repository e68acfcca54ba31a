import { expect, test } from "vitest";
import { builtInResources, findResource } from "./resource-table.ts";
import { builtInTypes, schemaOf } from "./schema.ts";
import type { FieldSchema, ObjectSchema, ValueType } from "./schema-types.ts";

function fieldAt(schema: ObjectSchema | undefined, path: string): FieldSchema | undefined {
  let type: ValueType | undefined = schema && { kind: "object", schema };
  let field: FieldSchema | undefined;
  for (const name of path.split(".")) {
    while (type?.kind === "list" || type?.kind === "map") type = type.of;
    field = type?.kind === "object" ? type.schema.fields.get(name) : undefined;
    type = field?.type;
  }
  return field;
}

test.each([
  {
    kind: "apps/v1/Deployment",
    path: "spec.replicas",
    facts: { type: { kind: "int32" }, protobufPath: [1], pointer: true, required: false },
  },
  {
    kind: "apps/v1/Deployment",
    path: "spec.template.spec.containers.ports",
    facts: {
      protobufPath: [6],
      patchStrategies: ["merge"],
      patchMergeKey: "containerPort",
      listType: "map",
      listMapKeys: ["containerPort", "protocol"],
    },
  },
  {
    kind: "apps/v1/Deployment",
    path: "spec.template.spec.containers.ports.protocol",
    facts: { defaultValue: "TCP", enumValues: ["SCTP", "TCP", "UDP"], goType: "v1.Protocol" },
  },
  {
    kind: "/v1/Pod",
    path: "spec.volumes",
    facts: { patchStrategies: ["merge", "retainKeys"], patchMergeKey: "name" },
  },
  {
    kind: "/v1/Pod",
    path: "spec.volumes.configMap.name",
    facts: { type: { kind: "string" }, protobufPath: [1, 1] },
  },
  {
    kind: "/v1/Pod",
    path: "spec.containers.livenessProbe.httpGet.port",
    facts: { type: { kind: "intOrString" }, required: true, alwaysWritten: true },
  },
  {
    kind: "/v1/Secret",
    path: "data",
    facts: { type: { kind: "map", of: { kind: "bytes" } } },
  },
  {
    kind: "authorization.k8s.io/v1/SubjectAccessReview",
    path: "spec.extra",
    facts: { type: { kind: "map", of: { kind: "list", of: { kind: "string" } } } },
  },
  {
    kind: "certificates.k8s.io/v1/CertificateSigningRequest",
    path: "spec.usages",
    facts: { enumValues: expect.arrayContaining(["any", "cert sign", "s/mime"]) },
  },
  {
    kind: "/v1/Pod",
    path: "metadata.finalizers",
    facts: { patchStrategies: ["merge"], listType: "set" },
  },
])("$kind $path", ({ kind, path, facts }) => {
  expect(fieldAt(builtInTypes().typeOfKind(kind), path)).toMatchObject(facts);
});

test.each([
  ["", "v1", "DeleteOptions"],
  ["apps", "v1", "DeleteOptions"],
  ["", "v1", "Status"],
  ["autoscaling", "v1", "Scale"],
  ["policy", "v1", "Eviction"],
  ["", "v1", "Binding"],
  ["authentication.k8s.io", "v1", "TokenRequest"],
  ["authorization.k8s.io", "v1", "SelfSubjectAccessReview"],
  ["apps", "v1", "DeploymentList"],
  ["meta.k8s.io", "v1", "PartialObjectMetadata"],
])("%s/%s %s is a kind of the wire", (group, version, kind) => {
  expect(schemaOf(group, version, kind)?.name).toMatch(new RegExp(`\\.${kind}$`));
});

test("kinds that are not served have no schema", () => {
  expect(schemaOf("apps", "v1beta1", "Deployment")).toBeUndefined();
  expect(schemaOf("example.com", "v1", "Widget")).toBeUndefined();
});

test("every resource and subresource has a schema", () => {
  const kinds = builtInResources.flatMap((info) => [info, ...info.subresources]);
  const without = kinds.filter((of) => schemaOf(of.group, of.version, of.kind) === undefined);
  expect(without).toEqual([]);
});

test("every type of the table can be read", () => {
  const types = builtInTypes();
  const seen = new Set<ObjectSchema>();
  const visit = (type: ValueType): void => {
    if (type.kind === "list" || type.kind === "map") visit(type.of);
    if (type.kind !== "object" || seen.has(type.schema)) return;
    seen.add(type.schema);
    for (const field of type.schema.fields.values()) visit(field.type);
  };
  for (const name of types.kinds.values()) {
    const schema = types.typeNamed(name);
    if (schema !== undefined) visit({ kind: "object", schema });
  }
  expect(seen.size).toBeGreaterThan(500);
});

test("a type may contain itself", () => {
  const crd = schemaOf("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
  const props = "spec.versions.schema.openAPIV3Schema.properties.properties.properties";
  expect(fieldAt(crd, props)).toMatchObject({ name: "properties" });
});

test("resources come as discovery lists them", () => {
  expect(findResource("apps", "v1", "deployments")).toMatchObject({
    kind: "Deployment",
    singular: "deployment",
    namespaced: true,
    shortNames: ["deploy"],
    categories: ["all"],
    verbs: expect.arrayContaining(["create", "deletecollection", "watch"]),
  });
  expect(findResource("apps", "v1", "deployments")?.subresources).toContainEqual({
    name: "scale",
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: ["get", "patch", "update"],
  });
  expect(builtInResources[0]?.group).toBe("");
});

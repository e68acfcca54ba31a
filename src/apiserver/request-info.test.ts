import { expect, test } from "vitest";
import { parseRequestInfo } from "./request-info.ts";

test.each([
  ["GET", "/api/v1/pods", {}, "list pods"],
  ["GET", "/api/v1/namespaces/default/pods", {}, "list pods in default"],
  ["GET", "/api/v1/namespaces/default/pods", { watch: "true" }, "watch pods in default"],
  ["GET", "/api/v1/namespaces/default/pods", { watch: "0" }, "list pods in default"],
  ["GET", "/api/v1/namespaces/default/pods", { watch: "" }, "watch pods in default"],
  ["GET", "/api/v1/namespaces/default/pods/web", {}, "get pods web in default"],
  ["GET", "/api/v1/namespaces/default/pods/web/log", {}, "get pods web /log in default"],
  ["POST", "/api/v1/namespaces/default/pods", {}, "create pods in default"],
  [
    "PUT",
    "/apis/apps/v1/namespaces/a/deployments/b/scale",
    {},
    "update apps deployments b /scale in a",
  ],
  ["PATCH", "/api/v1/nodes/n/status", {}, "patch nodes n /status"],
  ["DELETE", "/api/v1/nodes", {}, "deletecollection nodes"],
  ["DELETE", "/api/v1/nodes/n", {}, "delete nodes n"],
  ["GET", "/api/v1/namespaces", {}, "list namespaces"],
  ["GET", "/api/v1/namespaces/default", {}, "get namespaces default"],
  ["PUT", "/api/v1/namespaces/default/finalize", {}, "update namespaces default /finalize"],
  ["PATCH", "/api/v1/namespaces/default/status", {}, "patch namespaces default /status"],
  [
    "GET",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
    {},
    "get rbac.authorization.k8s.io clusterroles system:node",
  ],
  [
    "GET",
    "/api/v1/namespaces/default/services/web/proxy/a/b",
    {},
    "get services web /proxy/a/b in default",
  ],
] as const)("%s %s %o is: %s%s", (method, path, query, expected) => {
  const info = parseRequestInfo(method, path, query);
  if (info.kind !== "resource") throw new Error("not a request for a resource");
  const { verb, group, resource, name, subresource, namespace } = info;
  const words = [verb, group, resource, name, subresource && `/${subresource}`];
  if (namespace !== undefined) words.push("in", namespace);
  expect(words.filter((word) => word !== undefined && word !== "").join(" ")).toBe(expected);
});

test.each([
  "/",
  "/api",
  "/apis",
  "/api/v1",
  "/apis/apps",
  "/apis/apps/v1",
  "/version",
  "/openapi/v3",
])("%s names no resource", (path) => {
  expect(parseRequestInfo("GET", path, {})).toEqual({ kind: "path" });
});

test("a path that cannot be decoded is a bad request", () => {
  expect(() => parseRequestInfo("GET", "/api/v1/nodes/%zz", {})).toThrow(/invalid URL escape/);
});

import { expect, test } from "vitest";
import { restrictedNodeLabels } from "./node-restriction.ts";

/** test/real/identities.test.ts asks a real kube-apiserver about the same labels. */
test.each([
  { key: "hollow-node", restricted: false },
  { key: "hollowmark/fleet", restricted: false },
  { key: "example.com/rack", restricted: false },
  { key: "kubernetes.io/hostname", restricted: false },
  { key: "topology.kubernetes.io/zone", restricted: false },
  { key: "node.kubernetes.io/pool", restricted: false },
  { key: "my.node.kubernetes.io/pool", restricted: false },
  { key: "kubelet.kubernetes.io/a", restricted: false },
  { key: "node-role.kubernetes.io/worker", restricted: true },
  { key: "node-restriction.kubernetes.io/tenant", restricted: true },
  { key: "kubernetes.io/role", restricted: true },
  { key: "k8s.io/a", restricted: true },
  { key: "cloud.k8s.io/a", restricted: true },
])("a node may not give itself $key: $restricted", ({ key, restricted }) => {
  expect(restrictedNodeLabels([key])).toEqual(restricted ? [key] : []);
});

import { expect, test } from "vitest";
import { checkNodeLabels } from "./restricted-labels.ts";

const role = "node-role.kubernetes.io/worker";

test.each(["impersonate", "bootstrap"] as const)(
  "with the identity %s roles are refused",
  (identity) => {
    const groups = [
      { count: 1, labels: { "topology.kubernetes.io/zone": "z1" } },
      { count: 1, labels: { [role]: "" } },
    ];
    expect(() => checkNodeLabels(groups, identity)).toThrow(`groups[1].labels`);
    expect(() => checkNodeLabels(groups, identity)).toThrow(role);
    expect(() => checkNodeLabels(groups.slice(0, 1), identity)).not.toThrow();
  },
);

test("whoever the kubeconfig names may give nodes their roles", () => {
  const groups = [{ count: 1, labels: { [role]: "" } }];
  expect(() => checkNodeLabels(groups, "kubeconfig")).not.toThrow();
});

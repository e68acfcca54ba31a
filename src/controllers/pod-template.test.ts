import fc from "fast-check";
import { expect, test } from "vitest";
import type { PodTemplateSpec } from "../k8s/types/core.ts";
import { sameTemplate, templateHash } from "./pod-template.ts";

const base: PodTemplateSpec = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "main", image: "nginx" }], nodeSelector: { zone: "a" } },
};

test.each<{ name: string; other: PodTemplateSpec; same: boolean }>([
  {
    name: "the hash label does not count",
    other: { ...base, metadata: { labels: { app: "web", "pod-template-hash": "x" } } },
    same: true,
  },
  {
    name: "what is empty is as absent",
    other: {
      metadata: { labels: { app: "web" }, annotations: {} },
      spec: { ...base.spec, tolerations: [] },
    },
    same: true,
  },
  {
    name: "the order of members does not count",
    other: {
      spec: { nodeSelector: { zone: "a" }, containers: [{ image: "nginx", name: "main" }] },
      metadata: { labels: { app: "web" } },
    },
    same: true,
  },
  {
    name: "another image is another template",
    other: { ...base, spec: { ...base.spec, containers: [{ name: "main", image: "nginx:2" }] } },
    same: false,
  },
  {
    name: "another label is another template",
    other: { ...base, metadata: { labels: { app: "api" } } },
    same: false,
  },
  {
    name: "a missing member is another template",
    other: { spec: { containers: [] } },
    same: false,
  },
])("$name", ({ other, same }) => {
  expect(sameTemplate(base, other)).toBe(same);
  expect(sameTemplate(other, base)).toBe(same);
  expect(templateHash(base) === templateHash(other)).toBe(same);
});

test("a hash is fit for a label and a name, and changes with a collision", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(100), (image, collisions) => {
      const template = { ...base, spec: { containers: [{ name: "main", image }] } };
      expect(templateHash(template, collisions)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
      expect(templateHash(template, collisions)).toBe(templateHash(template, collisions));
      expect(templateHash(template, collisions + 1)).not.toBe(templateHash(template, collisions));
    }),
  );
});

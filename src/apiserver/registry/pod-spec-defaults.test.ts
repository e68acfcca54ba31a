import { expect, test } from "vitest";
import { defaultPullPolicy } from "./pod-spec-defaults.ts";

test.each([
  { image: "nginx", policy: "Always" },
  { image: "nginx:latest", policy: "Always" },
  { image: "nginx:1.27", policy: "IfNotPresent" },
  { image: "registry.example:5000/nginx", policy: "Always" },
  { image: "registry.example:5000/nginx:1", policy: "IfNotPresent" },
  { image: "nginx@sha256:0123", policy: "IfNotPresent" },
  { image: "nginx:latest@sha256:0123", policy: "Always" },
  { image: "", policy: "IfNotPresent" },
])("an image $image is pulled: $policy", ({ image, policy }) => {
  expect(defaultPullPolicy(image)).toBe(policy);
});

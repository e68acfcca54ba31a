import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { proxyHabits } from "./proxy-habits.ts";

test.each([
  { version: "v1.30.4", nearest: undefined },
  { version: "v1.36.0-beta.1", nearest: undefined },
  { version: "v1.34", nearest: undefined },
  { version: "v1.28.1", nearest: "1.30" },
  { version: "v1.40.0", nearest: "1.36" },
])("$version has habits of its own, or the nearest", ({ version, nearest }) => {
  const found = proxyHabits({ profile: "kubemark", kubeletVersion: version });
  expect(found.nearest).toBe(nearest);
});

test.each(["v2.0.0", "1", "latest", "v1.x"])("%s is no version", (kubeletVersion) => {
  expect(() => proxyHabits({ profile: "kubemark", kubeletVersion })).toThrow(OptionError);
});

test.each([
  { profile: "kubemark", habits: { qps: 10, burst: 20, minSyncPeriodSeconds: 0 } },
  { profile: "kubelet", habits: { qps: 5, burst: 10, minSyncPeriodSeconds: 1, watchesNode: true } },
] as const)("the limits of profile $profile are its own", ({ profile, habits }) => {
  expect(proxyHabits({ profile, kubeletVersion: "v1.34.4" }).habits).toMatchObject(habits);
});

test("what is given stands in the place of the profile's", () => {
  const given = { qps: 1, burst: 2, contentType: "application/json" } as const;
  const options = { profile: "kubemark", kubeletVersion: "v1.34.4", ...given } as const;
  expect(proxyHabits(options).habits).toMatchObject(given);
});

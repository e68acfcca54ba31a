import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../base/random.ts";
import {
  addressAt,
  freeAddress,
  freeNodePort,
  isInRange,
  isNodePort,
  parseIpv4Range,
} from "./service-addresses.ts";

function range(cidr: string): { readonly first: number; readonly count: number } {
  const parsed = parseIpv4Range(cidr);
  if (parsed === undefined) throw new Error(`${cidr} is no range`);
  return parsed;
}

test.each([
  { name: "10.96.0.0/12", first: "10.96.0.1", count: 2 ** 20 },
  { name: "10.96.17.3/12", first: "10.96.0.1", count: 2 ** 20 },
  { name: "192.168.255.0/29", first: "192.168.255.1", count: 8 },
  { name: "0.0.0.0/1", first: "0.0.0.1", count: 2 ** 31 },
])("$name begins at $first", ({ name, first, count }) => {
  const parsed = range(name);
  expect(addressAt(parsed, 1)).toBe(first);
  expect(parsed.count).toBe(count);
});

test.each(["10.0.0.0", "10.0.0.0/30", "10.0.0.0/x", "10.0.0/24", "fd00::/108", ""])(
  "%s is no range of addresses",
  (cidr) => {
    expect(parseIpv4Range(cidr)).toBeUndefined();
  },
);

test.each([
  { address: "10.0.0.0", inside: false },
  { address: "10.0.0.1", inside: true },
  { address: "10.0.0.254", inside: true },
  { address: "10.0.0.255", inside: false },
  { address: "10.0.1.1", inside: false },
  { address: "none", inside: false },
])("$address in 10.0.0.0/24: $inside", ({ address, inside }) => {
  expect(isInRange(range("10.0.0.0/24"), address)).toBe(inside);
});

test("all addresses are given once before none is left", () => {
  const small = range("10.0.0.0/27");
  const random = createRandom(1).stream("addresses");
  const taken = new Set<string>();
  for (let count = 0; count < 30; count += 1) {
    const address = freeAddress(small, taken, random);
    expect(address).toBeDefined();
    expect(isInRange(small, address ?? "")).toBe(true);
    taken.add(address ?? "");
  }
  expect(taken.size).toBe(30);
  expect(freeAddress(small, taken, random)).toBeUndefined();
});

test("the first addresses of a range are left for those who ask for them", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const address =
        freeAddress(range("10.0.0.0/24"), new Set(), createRandom(seed).stream("a")) ?? "";
      expect(Number(address.split(".")[3])).toBeGreaterThan(16);
    }),
  );
});

test("a node port that is taken is not given", () => {
  const random = createRandom(1).stream("ports");
  const taken = new Set<number>();
  for (let count = 0; count < 2_768; count += 1) {
    const port = freeNodePort(taken, random) ?? 0;
    expect(isNodePort(port)).toBe(true);
    taken.add(port);
  }
  expect(taken.size).toBe(2_768);
  expect(freeNodePort(taken, random)).toBeUndefined();
});

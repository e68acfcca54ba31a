import fc from "fast-check";
import { expect, test } from "vitest";
import { addressAt, offsetOf, parseCidr } from "./ip-range.ts";
import { createPodIpAllocator } from "./pod-ip.ts";

function rangeOf(text: string) {
  const range = parseCidr(text);
  if (range === undefined) throw new Error(`${text} is no CIDR`);
  return range;
}

test.each([
  { cidr: "10.1.2.0/24", offset: 7, address: "10.1.2.7" },
  { cidr: "10.1.2.99/24", offset: 0, address: "10.1.2.0" },
  { cidr: "192.168.0.0/16", offset: 300, address: "192.168.1.44" },
  { cidr: "255.255.255.255/32", offset: 0, address: "255.255.255.255" },
  { cidr: "fd00::/64", offset: 1, address: "fd00::1" },
  { cidr: "fd00:0:0:1::/64", offset: 65_536, address: "fd00::1:0:0:1:0" },
  { cidr: "1:2:3:4:5:6:7:0/112", offset: 8, address: "1:2:3:4:5:6:7:8" },
  { cidr: "2001:db8:0:1:0:0:0:0/64", offset: 0, address: "2001:db8:0:1::" },
])("address $offset of $cidr is $address", ({ cidr, offset, address }) => {
  expect(addressAt(rangeOf(cidr), offset)).toBe(address);
  expect(offsetOf(rangeOf(cidr), address)).toBe(offset);
});

test.each([
  "",
  "10.0.0.0",
  "10.0.0.0/33",
  "10.0.0/8",
  "10.0.0.256/8",
  "::/129",
  "1:2/64",
  "a::b::c/64",
  "g::/64",
])("%o is no CIDR", (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test("an address of another range has no offset", () => {
  expect(offsetOf(rangeOf("10.0.0.0/24"), "10.0.1.0")).toBeUndefined();
  expect(offsetOf(rangeOf("10.0.0.0/24"), "fd00::1")).toBeUndefined();
});

test("an address is not used again while others are left", () => {
  const allocator = createPodIpAllocator([rangeOf("10.0.0.0/29")]);
  const first = allocator.allocate() ?? [];
  allocator.release(first);
  expect(first).toEqual(["10.0.0.2"]);
  expect(allocator.allocate()).toEqual(["10.0.0.3"]);
});

test("a range that is used up gives none until one comes back", () => {
  const allocator = createPodIpAllocator([rangeOf("10.0.0.0/29")]);
  const all = Array.from({ length: 6 }, () => allocator.allocate());
  expect(all.slice(0, 5).flat()).toEqual([
    "10.0.0.2",
    "10.0.0.3",
    "10.0.0.4",
    "10.0.0.5",
    "10.0.0.6",
  ]);
  expect(all[5]).toBeUndefined();
  allocator.release(["10.0.0.4"]);
  expect(allocator.allocate()).toEqual(["10.0.0.4"]);
});

test("a dual-stack node gives an address of each family", () => {
  const allocator = createPodIpAllocator([rangeOf("10.0.0.0/24"), rangeOf("fd00::/64")]);
  expect(allocator.allocate()).toEqual(["10.0.0.2", "fd00::2"]);
});

test("addresses are unique, whatever the order of taking and giving back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 200 }), (operations) => {
      const allocator = createPodIpAllocator([rangeOf("10.0.0.0/28")]);
      const held: (readonly string[])[] = [];
      for (const operation of operations) {
        const given = operation < 0 || held.length === 0 ? allocator.allocate() : undefined;
        if (given !== undefined) held.push(given);
        else allocator.release(held.splice(operation % Math.max(1, held.length), 1)[0] ?? []);
        expect(new Set(held.flat()).size).toBe(held.length);
        expect(allocator.inUse).toBe(held.length);
      }
    }),
  );
});

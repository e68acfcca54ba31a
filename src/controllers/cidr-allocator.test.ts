import fc from "fast-check";
import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { createCidrAllocator } from "./cidr-allocator.ts";

test("the lowest free network comes first", () => {
  const allocator = createCidrAllocator("10.0.0.0/8");
  allocator.occupy("10.0.1.0/24");
  expect([allocator.allocate(), allocator.allocate()]).toEqual(["10.0.0.0/24", "10.0.2.0/24"]);
  allocator.release("10.0.1.0/24");
  expect([allocator.allocate(), allocator.allocate()]).toEqual(["10.0.1.0/24", "10.0.3.0/24"]);
});

test("when all are taken there is none", () => {
  const allocator = createCidrAllocator("192.168.4.0/23");
  const all = [allocator.allocate(), allocator.allocate(), allocator.allocate()];
  expect(all).toEqual(["192.168.4.0/24", "192.168.5.0/24", undefined]);
});

test("what does not lie in the network is nobody's business", () => {
  const allocator = createCidrAllocator("10.0.0.0/23");
  for (const cidr of ["10.1.0.0/24", "10.0.0.0/25", "fd00::/64", "x"]) allocator.occupy(cidr);
  expect(allocator.allocate()).toBe("10.0.0.0/24");
});

test("no network is given to two", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
      const allocator = createCidrAllocator("10.0.0.0/16");
      const held: string[] = [];
      for (const allocates of steps) {
        if (allocates) {
          const cidr = allocator.allocate();
          expect(held).not.toContain(cidr);
          if (cidr !== undefined) held.push(cidr);
        } else {
          const cidr = held.shift();
          if (cidr !== undefined) allocator.release(cidr);
        }
      }
    }),
  );
});

test.each(["10.0.0.0/7", "10.0.0.0/25", "10.0.0.1/16", "300.0.0.0/8", "fd00::/64", ""])(
  "%s is refused",
  (text) => {
    expect(() => createCidrAllocator(text)).toThrow(OptionError);
  },
);

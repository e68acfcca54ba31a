import { OptionError } from "../base/option-error.ts";

/** Hands out the /24 networks of an IPv4 network, the lowest free one first. */
export interface CidrAllocator {
  /** Undefined when all are taken. */
  allocate(): string | undefined;
  /** Notes one that is in use. What does not lie in the network is ignored. */
  occupy(cidr: string): void;
  release(cidr: string): void;
}

const nodeMaskSize = 24;

/** @param clusterCidr an IPv4 network of 8 to 24 bits: `10.0.0.0/8`. @throws OptionError for others. */
export function createCidrAllocator(clusterCidr: string): CidrAllocator {
  const { base, maskSize } = parseClusterCidr(clusterCidr);
  const count = 2 ** (nodeMaskSize - maskSize);
  const taken = new Uint8Array(count);
  /** None below is free. */
  let lowest = 0;

  const indexOf = (cidr: string): number | undefined => {
    const parsed = parse(cidr);
    if (parsed === undefined || parsed.maskSize !== nodeMaskSize) return undefined;
    const index = (parsed.address - base) / 256;
    return Number.isInteger(index) && index >= 0 && index < count ? index : undefined;
  };
  return {
    allocate() {
      while (lowest < count && taken[lowest] === 1) lowest += 1;
      if (lowest === count) return undefined;
      taken[lowest] = 1;
      return format(base + lowest * 256);
    },
    occupy(cidr) {
      const index = indexOf(cidr);
      if (index !== undefined) taken[index] = 1;
    },
    release(cidr) {
      const index = indexOf(cidr);
      if (index === undefined) return;
      taken[index] = 0;
      lowest = Math.min(lowest, index);
    },
  };
}

/** @throws OptionError for what is not an IPv4 network of 8 to 24 bits. */
export function parseClusterCidr(text: string): {
  readonly base: number;
  readonly maskSize: number;
} {
  const parsed = parse(text);
  const isUsable = parsed !== undefined && parsed.maskSize >= 8 && parsed.maskSize <= nodeMaskSize;
  if (!isUsable || parsed.address % 2 ** (32 - parsed.maskSize) !== 0) {
    throw new OptionError(
      "controllers.clusterCidr",
      `expected an IPv4 network of 8 to 24 bits such as 10.0.0.0/8; found ${text}`,
    );
  }
  return { base: parsed.address, maskSize: parsed.maskSize };
}

function parse(text: string): { readonly address: number; readonly maskSize: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [, ...numbers] = match.map(Number);
  const [a = 256, b = 256, c = 256, d = 256, maskSize = 33] = numbers;
  if (Math.max(a, b, c, d) > 255 || maskSize > 32) return undefined;
  return { address: ((a * 256 + b) * 256 + c) * 256 + d, maskSize };
}

function format(address: number): string {
  const bytes = [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256);
  return `${bytes.join(".")}/${nodeMaskSize}`;
}

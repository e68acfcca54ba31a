import { addressAt, type IpRange, offsetOf } from "./ip-range.ts";

/** Gives the pods of one node their addresses: one of each range, for a dual-stack node two. */
export interface PodIpAllocator {
  /** Undefined when a range has none left. */
  allocate(): readonly string[] | undefined;
  /** Marks the addresses of a pod that has some already. Those of other ranges are ignored. */
  reserve(addresses: readonly string[]): void;
  /** Addresses of other ranges are ignored. */
  release(addresses: readonly string[]): void;
  readonly inUse: number;
}

interface Block {
  readonly range: IpRange;
  /** Offsets below it are tried after those above it, so that an address is not used again at once. */
  next: number;
  readonly end: number;
  readonly used: Set<number>;
}

/** More addresses of a range than any node has pods. */
const blockMax = 65_536n;

/** The network itself, and what is nearly always its gateway. */
const firstOffset = 2;

/** Gives out the addresses of `ranges`, but for the first two, and the last of an IPv4 range. */
export function createPodIpAllocator(ranges: readonly IpRange[]): PodIpAllocator {
  const blocks: readonly Block[] = ranges.map((range) => ({
    range,
    next: firstOffset,
    end:
      range.family === 4
        ? Number(min(range.size - 1n, blockMax))
        : Number(min(range.size, blockMax)),
    used: new Set(),
  }));

  function mark(
    addresses: readonly string[],
    change: (block: Block, offset: number) => void,
  ): void {
    for (const address of addresses) {
      for (const block of blocks) {
        const offset = offsetOf(block.range, address);
        if (offset !== undefined) change(block, offset);
      }
    }
  }

  return {
    allocate() {
      const offsets: number[] = [];
      for (const block of blocks) {
        const offset = freeOffset(block);
        if (offset === undefined) return undefined;
        offsets.push(offset);
      }
      return blocks.map((block, index) => {
        const offset = offsets[index] ?? 0;
        block.used.add(offset);
        block.next = offset + 1;
        return addressAt(block.range, offset);
      });
    },
    reserve: (addresses) => mark(addresses, (block, offset) => block.used.add(offset)),
    release: (addresses) => mark(addresses, (block, offset) => block.used.delete(offset)),
    get inUse() {
      return blocks[0]?.used.size ?? 0;
    },
  };
}

function freeOffset({ next, end, used }: Block): number | undefined {
  for (let offset = next; offset < end; offset += 1) if (!used.has(offset)) return offset;
  for (let offset = firstOffset; offset < next && offset < end; offset += 1)
    if (!used.has(offset)) return offset;
  return undefined;
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

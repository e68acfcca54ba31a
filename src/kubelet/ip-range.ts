/** A block of addresses, from a CIDR such as `10.1.2.0/24` or `fd00::/64`. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  /** How many addresses it has. */
  readonly size: bigint;
}

/** The block, or undefined for what is no CIDR. Bits below the prefix are ignored. */
export function parseCidr(text: string): IpRange | undefined {
  const [addressText = "", prefixText = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const family = addressText.includes(":") ? 6 : 4;
  const address = family === 6 ? parseIpv6(addressText) : parseIpv4(addressText);
  const hostBits = (family === 6 ? 128 : 32) - Number(prefixText);
  if (address === undefined || hostBits < 0) return undefined;
  const size = 1n << BigInt(hostBits);
  return { family, first: address - (address % size), size };
}

/** The address at `offset`, which must lie within the range. */
export function addressAt(range: IpRange, offset: number): string {
  const address = range.first + BigInt(offset);
  return range.family === 6 ? formatIpv6(address) : formatIpv4(address);
}

/** The offset of an address in the range; undefined for one outside of it. */
export function offsetOf(range: IpRange, addressText: string): number | undefined {
  const address = range.family === 6 ? parseIpv6(addressText) : parseIpv4(addressText);
  if (address === undefined) return undefined;
  const offset = address - range.first;
  return offset >= 0n && offset < range.size ? Number(offset) : undefined;
}

function parseIpv4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let address = 0n;
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined;
    address = (address << 8n) | BigInt(part);
  }
  return address;
}

function formatIpv4(address: bigint): string {
  const word = Number(address);
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]);
  const tail = groupsOf(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let address = 0n;
  for (const group of [...head, ...new Array<string>(missing).fill("0"), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    address = (address << 16n) | BigInt(`0x${group}`);
  }
  return address;
}

function groupsOf(text: string | undefined): readonly string[] {
  return text === undefined || text === "" ? [] : text.split(":");
}

/** In the form of RFC 5952, which the API server asks for: the longest run of zeros shortened. */
function formatIpv6(address: bigint): string {
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) {
    groups.push(((address >> shift) & 0xffffn).toString(16));
  }
  let runStart = 0;
  let runLength = 0;
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === "0") end += 1;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
  }
  if (runLength < 2) return groups.join(":");
  const head = groups.slice(0, runStart).join(":");
  return `${head}::${groups.slice(runStart + runLength).join(":")}`;
}

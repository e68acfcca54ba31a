import { isIPv4 } from "node:net";
import type { RandomStream } from "../../base/random.ts";
import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt } from "../../k8s/json-fields.ts";

/** The range of cluster IPs where none is given, as kubeadm sets it. */
export const defaultServiceCidr = "10.96.0.0/12";

const firstNodePort = 30_000;
const nodePortCount = 2_768;
/** The first sixteenth of a range is left for addresses that are asked for by value. */
const reservedShare = 16;
const reservedMax = 256;

/** A range of IPv4 addresses: its network address as a number, and how many there are. */
export interface AddressRange {
  readonly first: number;
  readonly count: number;
}

/** `10.96.0.0/12`; undefined for what is no IPv4 range of at least 8 addresses. */
export function parseIpv4Range(cidr: string): AddressRange | undefined {
  const [address = "", bits = ""] = cidr.split("/");
  const prefix = Number(bits);
  if (!isIPv4(address) || !/^\d+$/.test(bits) || prefix > 29) return undefined;
  const count = 2 ** (32 - prefix);
  return { first: Math.floor(ipv4ToNumber(address) / count) * count, count };
}

/** The address at that place in the range; 0 is the network's own. */
export function addressAt(range: AddressRange, index: number): string {
  const value = range.first + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Whether the address may be a service's: within the range, and neither its first nor its last. */
export function isInRange(range: AddressRange, address: string): boolean {
  if (!isIPv4(address)) return false;
  const index = ipv4ToNumber(address) - range.first;
  return index > 0 && index < range.count - 1;
}

function ipv4ToNumber(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

/**
 * A free address, or undefined when all are taken. What is taken is read off the services each
 * time, so that nothing leaks when a service goes or a create fails half-way.
 */
export function freeAddress(
  range: AddressRange,
  taken: ReadonlySet<string>,
  random: RandomStream,
): string | undefined {
  const reserved = Math.min(Math.floor(range.count / reservedShare), reservedMax);
  const dynamic = range.count - 1 - reserved;
  const start = random.below(dynamic - 1);
  for (let step = 0; step < dynamic - 1; step += 1) {
    const index = reserved + 1 + ((start + step) % (dynamic - 1));
    const address = addressAt(range, index);
    if (!taken.has(address)) return address;
  }
  for (let index = 1; index <= reserved; index += 1) {
    const address = addressAt(range, index);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** The node ports that services hold. */
export function takenNodePorts(services: Iterable<JsonObject>): Set<number> {
  const taken = new Set<number>();
  for (const service of services) {
    for (const port of objectsAt(objectAt(service, "spec"), "ports")) {
      const number = numberAt(port, "nodePort") ?? 0;
      if (number !== 0) taken.add(number);
    }
  }
  return taken;
}

/** A free node port, or undefined when all are taken. */
export function freeNodePort(taken: ReadonlySet<number>, random: RandomStream): number | undefined {
  const start = random.below(nodePortCount);
  for (let step = 0; step < nodePortCount; step += 1) {
    const port = firstNodePort + ((start + step) % nodePortCount);
    if (!taken.has(port)) return port;
  }
  return undefined;
}

/** Whether it may be a node port. */
export function isNodePort(port: number): boolean {
  return port >= firstNodePort && port < firstNodePort + nodePortCount;
}

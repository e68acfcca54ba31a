import { BlockList, isIPv4 } from "node:net";

/** A range of addresses in CIDR notation. */
export interface AddressBlock {
  holds(address: string): boolean;
  /** Whether all of `other` is in it, or they are the same. */
  covers(other: AddressBlock): boolean;
  readonly network: string;
  readonly prefix: number;
}

/** Of `10.96.0.0/12` or `2001:db8::/64`, as the API server has checked it. */
export function parseAddressBlock(cidr: string): AddressBlock {
  const [network = "", bits = ""] = cidr.split("/");
  const prefix = Number(bits);
  const list = new BlockList();
  list.addSubnet(network, prefix, familyOf(network));
  const holds = (address: string): boolean => list.check(address, familyOf(address));
  return {
    holds,
    covers: (other) => other.prefix >= prefix && holds(other.network),
    network,
    prefix,
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv4(address) ? "ipv4" : "ipv6";
}

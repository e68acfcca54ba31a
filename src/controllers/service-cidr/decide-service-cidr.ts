import { findCondition, withCondition } from "../../k8s/conditions.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import type { ServiceCidr } from "../../k8s/types/networking.ts";
import { parseAddressBlock } from "./address-block.ts";

export const finalizer = "networking.k8s.io/service-cidr-finalizer";

/** How long a range that nobody needs any more stays, so that an address in the making is seen. */
export const deletionGraceMs = 10_000;

/** Whether a range that is being deleted is still needed: for addresses that no other range has. */
export function isNeeded(
  { spec }: ServiceCidr,
  others: readonly ServiceCidr[],
  addresses: Iterable<string>,
): boolean {
  const own = (spec?.cidrs ?? []).map(parseAddressBlock);
  const otherBlocks = others
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap((other) => (other.spec?.cidrs ?? []).map(parseAddressBlock));
  const alone = own.filter((block) => !otherBlocks.some((other) => other.covers(block)));
  for (const address of addresses) {
    const isHere = alone.some((block) => block.holds(address));
    if (isHere && !otherBlocks.some((block) => block.holds(address))) return true;
  }
  return false;
}

/** The conditions of a range, as it should say of itself; the very same if it does. */
export function conditionsOf(
  { status }: ServiceCidr,
  state: "ready" | "needed while it is deleted",
  lastTransitionTime: string,
): readonly Condition[] {
  const before = status?.conditions ?? [];
  const condition: Condition =
    state === "ready"
      ? {
          type: "Ready",
          status: "True",
          reason: "",
          message: "Kubernetes Service CIDR is ready",
          lastTransitionTime,
        }
      : {
          type: "Ready",
          status: "False",
          reason: "Terminating",
          message:
            "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
          lastTransitionTime,
        };
  const current = findCondition(before, "Ready");
  const isSaid = current?.status === condition.status && current.message === condition.message;
  return isSaid ? before : withCondition(before, condition);
}

import { OptionError } from "../base/option-error.ts";
import type { FleetOptions } from "../fleet/index.ts";
import { restrictedNodeLabels } from "../kubelet/index.ts";
import type { NodeAccessOptions } from "./control-plane.ts";

/**
 * Makes sure that nodes that register under their own names give themselves no label that the
 * admission plugin NodeRestriction refuses, so that this shows before anything is written.
 *
 * @throws OptionError that names the label
 */
export function checkNodeLabels(
  groups: FleetOptions["groups"],
  identity: NodeAccessOptions["identity"],
): void {
  if (identity === "kubeconfig") return;
  for (const [index, { labels = {} }] of groups.entries()) {
    const [key] = restrictedNodeLabels(Object.keys(labels));
    if (key === undefined) continue;
    const why = `a node may not give itself ${key}, so it needs the identity "kubeconfig"`;
    throw new OptionError(`groups[${index}].labels`, why);
  }
}

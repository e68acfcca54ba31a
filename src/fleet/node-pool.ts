import { isIPv4 } from "node:net";
import { OptionError } from "../base/option-error.ts";
import { createRandom } from "../base/random.ts";
import type { ResourceList } from "../k8s/types/meta.ts";
import {
  addressAt,
  createNodeTemplate,
  type IpRange,
  type KubeletHabits,
  type KubeletOptions,
  parseCidr,
} from "../kubelet/index.ts";
import type { FleetOptions, NodeGroupOptions } from "./fleet-options.ts";
import { type HabitsOfNodes, habitsOfNodes } from "./habits-of-nodes.ts";
import { checkFleetName, checkGroup, checkNodeName } from "./node-pool-checks.ts";

/** The nodes that a fleet wants. */
export interface NodePool {
  readonly fleet: string;
  readonly nodes: readonly KubeletOptions[];
  readonly habits: HabitsOfNodes;
  has(nodeName: string): boolean;
}

/** The name of a fleet that is given none. */
export const defaultFleet = "default";

const defaultNodeRange = "198.18.0.0/15";
const defaultPodRange = "10.0.0.0/8";
/** Addresses of a pod range that a node cannot give out, and one to spare. */
const spareAddresses = 3;

/** Makes the list of nodes. @throws OptionError that names the option */
export function createNodePool(options: FleetOptions): NodePool {
  const { name: fleet = defaultFleet, groups } = options;
  const habits = habitsOfNodes(options);
  checkFleetName(fleet);
  if (groups.length === 0) throw new OptionError("groups", "expected at least one group of nodes");
  const optionName = options.optionName ?? ((group, option) => `groups[${group}].${option}`);
  groups.forEach((group, position) => {
    checkGroup(group, (option) => optionName(position, option));
  });
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const habitsOf = ({ kubeletVersion = options.kubeletVersion }: NodeGroupOptions): KubeletHabits =>
    habits.ofKubelet(kubeletVersion);
  const capacityOf = (group: NodeGroupOptions): ResourceList => ({
    ...habitsOf(group).capacity,
    ...group.capacity,
  });
  const blockOf = createBlocks(options, fleet, total, capacityOf);
  const names = new Set<string>();
  const nodes: KubeletOptions[] = [];
  groups.forEach((group, position) => {
    const templates = zonesOf(group).map((zone) =>
      createNodeTemplate({
        fleet,
        labels: labelsOf(group, zone),
        taints: group.taints ?? [],
        capacity: capacityOf(group),
        kubeletVersion: group.kubeletVersion ?? options.kubeletVersion,
        habits: habitsOf(group),
      }),
    );
    const nameTemplate = group.nameTemplate ?? defaultNameTemplate(groups.length);
    const groupName = group.name ?? String(position);
    for (let index = 0; index < group.count; index += 1) {
      const zone = zonesOf(group)[index % templates.length] ?? "";
      const template = templates[index % templates.length];
      if (template === undefined) continue;
      const name = nameTemplate
        .replaceAll("{index}", String(index))
        .replaceAll("{group}", groupName)
        .replaceAll("{zone}", zone);
      checkNodeName(name, names, optionName(position, "nameTemplate"));
      names.add(name);
      const block = blockOf(nodes.length);
      // A kubelet does not look up such a name: it is its address (`pkg/kubelet/nodestatus`).
      const ip = isIPv4(name) ? name : block.ip;
      nodes.push({ node: { name, ip, template }, podRange: block.podRange });
    }
  });
  return { fleet, nodes, habits, has: (name) => names.has(name) };
}

function defaultNameTemplate(groups: number): string {
  return groups === 1 ? "hollow-{index}" : "hollow-{group}-{index}";
}

/** One nameless zone stands for none. */
function zonesOf({ zones }: NodeGroupOptions): readonly string[] {
  return zones === undefined || zones.length === 0 ? [""] : zones;
}

function labelsOf(
  { region, instanceType, labels }: NodeGroupOptions,
  zone: string,
): Readonly<Record<string, string>> {
  return {
    ...(zone === "" ? {} : { "topology.kubernetes.io/zone": zone }),
    ...(region === undefined ? {} : { "topology.kubernetes.io/region": region }),
    ...(instanceType === undefined ? {} : { "node.kubernetes.io/instance-type": instanceType }),
    ...labels,
  };
}

type BlockOf = (index: number) => { readonly ip: string; readonly podRange: IpRange };

/**
 * Gives each node an address and a block for its pods. Where a fleet starts in the ranges depends
 * on its name, so that two fleets of one cluster hardly ever have an address in common.
 */
function createBlocks(
  options: FleetOptions,
  fleet: string,
  total: number,
  capacityOf: (group: NodeGroupOptions) => ResourceList,
): BlockOf {
  const nodeRange = rangeOf(options.nodeRange ?? defaultNodeRange, "nodeRange");
  const podRange = rangeOf(options.podRange ?? defaultPodRange, "podRange");
  const podsMax = Math.max(...options.groups.map((group) => Number(capacityOf(group)["pods"])));
  const blockSize = 2n ** BigInt(Math.ceil(Math.log2(podsMax + spareAddresses)));
  const nodeSlots = Number(nodeRange.size) - 2;
  const podSlots = Number(podRange.size / blockSize);
  if (total > nodeSlots) {
    throw new OptionError("nodeRange", `has ${nodeSlots} addresses, found ${total} nodes`);
  }
  if (total > podSlots) {
    throw new OptionError("podRange", `has room for ${podSlots} nodes, found ${total}`);
  }
  const random = createRandom(0).stream(`ranges/${fleet}`);
  const nodeStart = random.below(nodeSlots);
  const podStart = random.below(podSlots);
  return (index) => {
    const block = BigInt((podStart + index) % podSlots);
    return {
      ip: addressAt(nodeRange, 1 + ((nodeStart + index) % nodeSlots)),
      podRange: {
        family: podRange.family,
        first: podRange.first + block * blockSize,
        size: blockSize,
      },
    };
  };
}

function rangeOf(text: string, option: string): IpRange {
  const range = parseCidr(text);
  if (range === undefined) {
    throw new OptionError(option, `expected a CIDR such as 10.0.0.0/8, found "${text}"`);
  }
  return range;
}

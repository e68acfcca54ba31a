import type { Taint } from "../../k8s/types/core.ts";
import type { ProfileName } from "../../kubelet/index.ts";
import type { OptionTable } from "./option-table.ts";
import * as value from "./values.ts";

/** What nodes are like: for the whole fleet, or for one group of it. */
export interface NodeSettings {
  readonly nameTemplate?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly capacity?: Readonly<Record<string, string>>;
  readonly kubeletVersion?: string;
}

/** What only a group of the fleet file can say. */
export interface GroupSettings extends NodeSettings {
  readonly name?: string;
  readonly count?: number;
  readonly zones?: readonly string[];
  readonly region?: string;
  readonly instanceType?: string;
}

/** How nodes come to the API server and what they do there, in the words of kubelet and Kubemark. */
export interface HabitSettings {
  readonly profile?: ProfileName;
  /** As `parseSwitches` of the kubelet reads it. */
  readonly habits?: string;
  readonly proxy?: boolean;
  readonly watches?: "per-node" | "shared";
  readonly connections?: "per-node" | "pooled";
  readonly identity?: "kubeconfig" | "impersonate" | "bootstrap";
  readonly transport?: "native" | "node";
  readonly workers?: number;
  /** In milliseconds. */
  readonly reconnectJitter?: number;
  readonly registrationsInFlight?: number;
  readonly kubeApiQps?: number;
  readonly kubeApiBurst?: number;
  readonly kubeApiContentType?: "application/json" | "application/vnd.kubernetes.protobuf";
  /** In milliseconds. */
  readonly nodeStatusUpdateFrequency?: number;
  readonly nodeLeaseDurationSeconds?: number;
  readonly maxPods?: number;
  readonly registerWithTaints?: readonly Taint[];
  readonly extendedResources?: Readonly<Record<string, string>>;
}

/** What `up` and `join` share. */
export interface FleetSettings extends NodeSettings, HabitSettings {
  readonly nodes?: number;
  readonly fleet?: string;
  readonly onExit?: "delete" | "keep";
  /** In milliseconds. */
  readonly readyTimeout?: number;
  readonly metricsPort?: number;
  readonly logFile?: string;
  readonly output?: "text" | "json";
  readonly verbosity?: number;
}

export interface UpSettings extends FleetSettings {
  readonly kubeconfig?: string;
  readonly port?: number;
  readonly bindAddress?: string;
}

export interface JoinSettings extends FleetSettings {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface LeaveSettings {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly fleet?: string;
  readonly output?: "text" | "json";
  readonly verbosity?: number;
}

export type StatusSettings = LeaveSettings;

/** More nodes than one process carries. */
const nodesMax = 100_000;
/** More threads than a machine has cores. */
const workersMax = 256;

const nodeOptions: OptionTable<NodeSettings> = {
  nameTemplate: {
    value: value.text("a template such as hollow-{index}"),
    argument: "<template>",
    help: "names of the nodes; {index} counts from 0, {group} and {zone} are those of the node",
    defaultText: "hollow-{index}",
  },
  labels: {
    value: value.labels,
    argument: "<key=value,…>",
    help: "labels of every node, beside hollow-node=true and hollowmark/fleet",
  },
  taints: {
    value: value.taints,
    argument: "<key=value:effect,…>",
    help: "taints of every node",
  },
  capacity: {
    value: value.capacity,
    argument: "<resource=quantity,…>",
    help: "capacity of every node, any resource",
    defaultText: "cpu=32,memory=256Gi,pods=110",
  },
  kubeletVersion: {
    value: value.kubernetesVersion,
    argument: "<version>",
    help: "version that the nodes report",
    defaultText: "the server's own",
  },
};

const habitOptions: OptionTable<HabitSettings> = {
  profile: {
    value: value.choice(["kubelet", "kubemark", "light"]),
    argument: "<name>",
    help: "whose habits the nodes have: a real kubelet's, Kubemark's, or the least that makes a node",
    defaultText: "kubelet",
  },
  habits: {
    value: value.switches,
    argument: "<Name=bool,…>",
    help: "turns on or off what kubelets do and Kubemark does not, such as UniquePodIPs=false",
    defaultText: "all on, in profile kubemark all off",
  },
  proxy: {
    value: value.boolean,
    argument: "[bool]",
    bare: "true",
    help: "whether each node has a kube-proxy",
    defaultText: "true, false in profile light",
  },
  watches: {
    value: value.choice(["per-node", "shared"]),
    argument: "<how>",
    help: "whether each node watches for itself, or one watch serves all",
    defaultText: "per-node, shared in profile light",
  },
  connections: {
    value: value.choice(["per-node", "pooled"]),
    argument: "<how>",
    help: "whether each kubelet and proxy has a connection of its own",
    defaultText: "per-node, pooled in profile light",
  },
  identity: {
    value: value.choice(["kubeconfig", "impersonate", "bootstrap"]),
    argument: "<whose>",
    help: "come as the kubeconfig says, impersonate system:node:<name>, or bootstrap a certificate for it",
    defaultText: "kubeconfig",
  },
  transport: {
    value: value.choice(["native", "node"]),
    argument: "<which>",
    help: "HTTP/2 made for thousands of clients, or that of Node.js",
    defaultText: "native",
  },
  workers: {
    value: value.integer(1, workersMax),
    argument: "<count>",
    help: "threads that the nodes are dealt out to, where each watches for itself, in an existing cluster",
    defaultText: "1 up to 2,000 nodes, then one for each core",
  },
  reconnectJitter: {
    value: value.duration,
    argument: "<duration>",
    help: "spread the connections of nodes that have lost theirs over so long",
    defaultText: "none: they come back as fast as kubelets do",
  },
  registrationsInFlight: {
    value: value.integer(1, nodesMax),
    argument: "<count>",
    help: "nodes that register at once; with 1 each starts when the one before is registered",
    defaultText: "100, in profile light 64",
  },
  kubeApiQps: {
    value: value.positive,
    argument: "<number>",
    help: "requests a second that each kubelet may send",
    defaultText: "50, in profile kubemark 10",
  },
  kubeApiBurst: {
    value: value.integer(1, 1_000_000),
    argument: "<count>",
    help: "requests that each kubelet may send at once",
    defaultText: "100, in profile kubemark 20",
  },
  kubeApiContentType: {
    value: value.choice(["application/vnd.kubernetes.protobuf", "application/json"]),
    argument: "<type>",
    help: "encoding of what nodes send and receive",
    defaultText: "application/vnd.kubernetes.protobuf",
  },
  nodeStatusUpdateFrequency: {
    value: value.duration,
    argument: "<duration>",
    help: "how often a kubelet looks whether its status has changed",
    defaultText: "10s",
  },
  nodeLeaseDurationSeconds: {
    value: value.integer(1, 86_400),
    argument: "<seconds>",
    help: "duration of a node's Lease, renewed after a quarter of it",
    defaultText: "40",
  },
  maxPods: {
    value: value.integer(0, 1_000_000),
    argument: "<count>",
    help: "pods that a node takes: capacity pods",
    defaultText: "110",
  },
  registerWithTaints: {
    value: value.taints,
    argument: "<key=value:effect,…>",
    help: "the same as --taints",
  },
  extendedResources: {
    value: value.capacity,
    argument: "<resource=quantity,…>",
    help: "more capacity of every node",
  },
};

const outputOptions: OptionTable<Pick<FleetSettings, "output" | "verbosity">> = {
  output: {
    value: value.choice(["text", "json"]),
    argument: "<format>",
    short: "o",
    help: "text, or json: one object on standard output once the nodes are ready",
    defaultText: "text",
  },
  verbosity: {
    value: value.integer(0, 10),
    argument: "[level]",
    short: "v",
    bare: "1",
    help: "log to standard error: 0 warnings, 1 what happens, 4 and above every step",
    defaultText: "0",
  },
};

const fleetOption: OptionTable<Pick<FleetSettings, "fleet">> = {
  fleet: {
    value: value.fleetName,
    argument: "<name>",
    help: "name of the fleet, the value of the label hollowmark/fleet",
    defaultText: "default",
  },
};

const fleetOptions: OptionTable<FleetSettings> = {
  nodes: {
    value: value.integer(1, nodesMax),
    argument: "<count>",
    help: "hollow nodes to run",
    defaultText: "100",
  },
  ...nodeOptions,
  ...habitOptions,
  ...fleetOption,
  onExit: {
    value: value.choice(["delete", "keep"]),
    argument: "<what>",
    help: "at the end, delete the nodes, or keep their objects as a crash would",
    defaultText: "delete",
  },
  readyTimeout: {
    value: value.duration,
    argument: "<duration>",
    help: "how long all nodes may take to be Ready",
    defaultText: "5m",
  },
  metricsPort: {
    value: value.integer(0, 65_535),
    argument: "<port>",
    help: "port of 127.0.0.1 for /metrics, /healthz and /readyz, 0 for any free one",
    defaultText: "none",
  },
  logFile: {
    value: value.text("a folder"),
    argument: "<folder>",
    help: "folder for a log of each node, kubelet-NAME.log and kubeproxy-NAME.log; with requests at -v=8",
    defaultText: "none",
  },
  ...outputOptions,
};

export const groupOptions: OptionTable<GroupSettings> = {
  name: { value: value.text("a name"), argument: "<name>", help: "name of the group" },
  count: {
    value: value.integer(1, nodesMax),
    argument: "<count>",
    help: "nodes of the group",
  },
  ...nodeOptions,
  zones: {
    value: value.words("a list of zones"),
    argument: "<zone,…>",
    help: "zones to spread over in turn: the label topology.kubernetes.io/zone",
  },
  region: {
    value: value.text("a region"),
    argument: "<region>",
    help: "the label topology.kubernetes.io/region",
  },
  instanceType: {
    value: value.text("an instance type"),
    argument: "<type>",
    help: "the label node.kubernetes.io/instance-type",
  },
};

export const upOptions: OptionTable<UpSettings> = {
  ...fleetOptions,
  kubeconfig: {
    value: value.text("a file"),
    argument: "<file>",
    help: "file to write the cluster's context into; what it holds already is kept",
    defaultText: "a temporary file",
  },
  port: {
    value: value.integer(0, 65_535),
    argument: "<port>",
    help: "port of the API server, 0 for any free one",
    defaultText: "0",
  },
  bindAddress: {
    value: value.text("an IP address"),
    argument: "<address>",
    help: "address that the API server listens on",
    defaultText: "127.0.0.1",
  },
};

const clusterOptions: OptionTable<Pick<JoinSettings, "kubeconfig" | "context">> = {
  kubeconfig: {
    value: value.text("a file"),
    argument: "<file>",
    help: "kubeconfig of the cluster",
    defaultText: "as kubectl: KUBECONFIG, or ~/.kube/config",
  },
  context: {
    value: value.text("a context"),
    argument: "<name>",
    help: "context of the kubeconfig",
    defaultText: "its current context",
  },
};

export const joinOptions: OptionTable<JoinSettings> = { ...fleetOptions, ...clusterOptions };

export const leaveOptions: OptionTable<LeaveSettings> = {
  ...fleetOption,
  ...clusterOptions,
  ...outputOptions,
};

export const statusOptions: OptionTable<StatusSettings> = {
  ...clusterOptions,
  fleet: {
    ...fleetOption.fleet,
    help: "name of the fleet",
    defaultText: "all",
  },
  ...outputOptions,
};

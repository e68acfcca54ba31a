import { formatGoDuration } from "../../base/duration.ts";
import { OptionError } from "../../base/option-error.ts";
import type { NodeSystemInfo } from "../../k8s/types/core.ts";
import type { ResourceList } from "../../k8s/types/meta.ts";
import { runtimeName } from "../container-status.ts";
import { podHabits } from "../pod-habits.ts";
import type { KubeletHabits, KubeletSwitches, NodeHabits, ProfileName } from "./habits.ts";
import { type KnownMinor, knownMinors, minorHabits, releaseHabits } from "./minor-habits.ts";
import { profileSwitches } from "./switches.ts";

export interface KubeletHabitsOptions {
  readonly profile: ProfileName;
  /** With a leading `v`: `v1.34.4`. */
  readonly kubeletVersion: string;
  /** Where the habits are to differ from the profile's. */
  readonly switches?: Partial<KubeletSwitches>;
  /** `--kube-api-qps`. Default 50; with the switch `KubeletLimits` off, 10. */
  readonly qps?: number;
  /** `--kube-api-burst`. Default 100; with the switch `KubeletLimits` off, 20. */
  readonly burst?: number;
  /** `--kube-api-content-type`. Default `application/vnd.kubernetes.protobuf`. */
  readonly contentType?: KubeletHabits["contentType"];
  /** `--node-status-update-frequency`, in milliseconds. Default 10 000. */
  readonly nodeStatusUpdateFrequencyMs?: number;
  /** `--node-lease-duration-seconds`. Default 40. */
  readonly nodeLeaseDurationSeconds?: number;
}

export interface ResolvedHabits {
  readonly habits: KubeletHabits;
  /** The minor version whose habits were taken, `1.36`, where those of the one asked for are unknown. */
  readonly nearest: string | undefined;
}

/** What Kubemark's fake of cAdvisor, and its stub of a container manager, say of a machine. */
const kubemarkCapacity: ResourceList = {
  cpu: "1",
  "ephemeral-storage": "0",
  memory: "3840Mi",
  pods: "110",
};

const machineCapacity: ResourceList = {
  cpu: "32",
  "ephemeral-storage": "512Gi",
  memory: "256Gi",
  pods: "110",
};

/** Seven digits, as of a commit: which one is nobody's business. */
const commit = "0000000";

/**
 * What a kubelet of a profile and a version does.
 *
 * @throws OptionError for a version that is none.
 */
export function kubeletHabits(options: KubeletHabitsOptions): ResolvedHabits {
  const { profile, kubeletVersion, contentType = "application/vnd.kubernetes.protobuf" } = options;
  const { nodeStatusUpdateFrequencyMs = 10_000, nodeLeaseDurationSeconds = 40 } = options;
  const release = releaseOf(kubeletVersion);
  const minor = nearestMinor(release.minor);
  const byVersion = { ...minorHabits[minor], ...releaseHabits[release.text] };
  const switches = { ...profileSwitches[profile], ...options.switches };
  const isKubemark = profile === "kubemark";
  const { kubeProxyVersion, declaredFeatures, ...wire } = byVersion;
  const habits: KubeletHabits = {
    ...wire,
    profile,
    switches,
    userAgent: isKubemark
      ? "hollow-kubelet"
      : `kubelet/${kubeletVersion} (linux/amd64) kubernetes/${commit}`,
    contentType,
    qps: options.qps ?? (switches.KubeletLimits ? 50 : 10),
    burst: options.burst ?? (switches.KubeletLimits ? 100 : 20),
    statusUpdateMs: nodeStatusUpdateFrequencyMs,
    statusReportMs: 300_000,
    leaseDurationS: nodeLeaseDurationSeconds,
    node: {
      ...(isKubemark ? kubemarkNode : machine),
      nodeInfo: {
        ...(isKubemark ? kubemarkNode : machine).nodeInfo,
        kubeletVersion,
        kubeProxyVersion: kubeProxyVersion ? kubeletVersion : "",
      },
      declaredFeatures,
    },
    capacity: isKubemark ? kubemarkCapacity : machineCapacity,
    pods: podHabits({ profile, minor, switches }),
  };
  return { habits, nearest: minor === release.minor ? undefined : `1.${minor}` };
}

/**
 * The time that a server may take for a request of the heartbeats, as a Go duration: the shorter of
 * the status's frequency and the Lease's duration (`cmd/kubelet/app/server.go`).
 */
export function heartbeatTimeout({ statusUpdateMs, leaseDurationS }: KubeletHabits): string {
  return formatGoDuration(Math.min(statusUpdateMs, leaseDurationS * 1_000));
}

type Machine = Pick<
  NodeHabits,
  "providerScheme" | "distinctMachines" | "controllerAttachDetach" | "nodeInfo"
>;

const noInfo: NodeSystemInfo = {
  machineID: "",
  systemUUID: "",
  bootID: "",
  kernelVersion: "",
  osImage: "",
  containerRuntimeVersion: "",
  kubeletVersion: "",
  kubeProxyVersion: "",
  operatingSystem: "linux",
  architecture: "amd64",
};

const machine: Machine = {
  providerScheme: runtimeName,
  distinctMachines: true,
  controllerAttachDetach: true,
  nodeInfo: {
    ...noInfo,
    kernelVersion: "6.1.0-hollow",
    osImage: "Hollowmark",
    containerRuntimeVersion: `${runtimeName}://0.1.0`,
  },
};

const kubemarkNode: Machine = {
  providerScheme: "kubemark",
  distinctMachines: false,
  controllerAttachDetach: false,
  nodeInfo: {
    ...noInfo,
    kernelVersion: "3.16.0-0.bpo.4-amd64",
    osImage: "Debian GNU/Linux 7 (wheezy)",
    containerRuntimeVersion: "fakeRuntime://0.1.0",
  },
};

function releaseOf(version: string): { readonly minor: number; readonly text: string } {
  const match = /^v?1\.(\d+)\.(\d+)/.exec(version);
  if (match === null) {
    throw new OptionError("kubeletVersion", `expected a version such as v1.34.4, not "${version}"`);
  }
  const [, minor = "", patch = ""] = match;
  return { minor: Number(minor), text: `1.${minor}.${patch}` };
}

function nearestMinor(minor: number): KnownMinor {
  let best: KnownMinor = knownMinors[0];
  for (const known of knownMinors) if (known <= minor) best = known;
  return best;
}

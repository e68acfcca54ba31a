import type { NodeSystemInfo } from "../../k8s/types/core.ts";
import type { ResourceList } from "../../k8s/types/meta.ts";
import type { PodHabits } from "../pod-habits.ts";

/** Whose habits a node has. `light` is a real node's pod life without its traffic. */
export type ProfileName = "kubelet" | "kubemark" | "light";

/** What Kubemark does not do as a kubelet does. All are off in profile `kubemark`, on in `kubelet`. */
export interface KubeletSwitches {
  /** Each pod has an address of its own; else all have 192.168.192.168. */
  readonly UniquePodIPs: boolean;
  /** Init containers come to an end; else a pod with any never starts. */
  readonly InitContainers: boolean;
  /** A pod is Ready once its containers run; else from the first status on. */
  readonly Readiness: boolean;
  /** Containers take time to end, at most the grace period; else they end at once. */
  readonly GracePeriods: boolean;
  /** The events of `pkg/kubelet/events/event.go` are sent. */
  readonly Events: boolean;
  /** The kubelet's own limits of 50 requests a second, 100 at once; else Kubemark's 10 and 20. */
  readonly KubeletLimits: boolean;
  /** A Node that was deleted registers again. */
  readonly Reregister: boolean;
}

/** What the Nodes of one profile and version say of themselves, whatever their user asks for. */
export interface NodeHabits {
  /** Of `spec.providerID`: `kubemark` of `kubemark://hollow-1`. */
  readonly providerScheme: string;
  /** `status.nodeInfo`, but for what tells one machine from another. */
  readonly nodeInfo: NodeSystemInfo;
  /** Whether each node has a machine ID, a system UUID and a boot ID; else they are empty. */
  readonly distinctMachines: boolean;
  /** The annotation that leaves attaching and detaching to the controller manager. */
  readonly controllerAttachDetach: boolean;
  /** `status.declaredFeatures`, of kubelets that have it. */
  readonly declaredFeatures: readonly string[] | undefined;
}

/** How the CSINode comes about (`pkg/volume/csi/`). */
export interface CsiNodeHabits {
  /** Value of the annotation `storage.alpha.kubernetes.io/migrated-plugins`. */
  readonly migratedPlugins: string;
  /**
   * Whether the Node is read first, and a CSINode of another Node of that name is deleted; else the
   * Node is read only to make the CSINode.
   */
  readonly checksOwner: boolean;
  /** Between rounds of four attempts: the first delay, and by how much each is longer than the last. */
  readonly retryInitialMs: number;
  readonly retryFactor: number;
}

/** What a kubelet of one profile and one minor version does. */
export interface KubeletHabits {
  readonly profile: ProfileName;
  readonly switches: KubeletSwitches;
  readonly userAgent: string;
  readonly contentType: "application/json" | "application/vnd.kubernetes.protobuf";
  /** Of the main client: requests a second, and how many at once. */
  readonly qps: number;
  readonly burst: number;
  /** Collections are listed by watching them (`WatchListClient`). */
  readonly watchList: boolean;
  /** Which Services are watched; undefined for all. */
  readonly serviceSelector: string | undefined;
  /** `nodeStatusUpdateFrequency`: how often the status is looked at, in milliseconds. */
  readonly statusUpdateMs: number;
  /** `nodeStatusReportFrequency`: after which time an unchanged status is sent, in milliseconds. */
  readonly statusReportMs: number;
  /** After a change the next report comes up to a half earlier or later. */
  readonly statusReportJitter: boolean;
  /** A look at the status reads the Node from the API server; else it is the one that is watched. */
  readonly statusReadsNode: boolean;
  /** A Node that may not be created is looked up: somebody else may have made it. */
  readonly readsForbiddenNode: boolean;
  /** `nodeLeaseDurationSeconds`; the Lease is renewed four times in it. */
  readonly leaseDurationS: number;
  readonly csiNode: CsiNodeHabits;
  readonly node: NodeHabits;
  /** What a node has of which its user says nothing. */
  readonly capacity: ResourceList;
  readonly pods: PodHabits;
}

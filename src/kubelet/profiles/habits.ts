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

/** What a kubelet of one profile and one minor version does. */
export interface KubeletHabits {
  readonly profile: ProfileName;
  readonly switches: KubeletSwitches;
  readonly userAgent: string;
  readonly contentType: "application/json" | "application/vnd.kubernetes.protobuf";
  /** Of the main client: requests a second, and how many at once. */
  readonly qps: number;
  readonly burst: number;
}

import { OptionError } from "../base/option-error.ts";

/** What is asked for of a collection. */
export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** What a proxy of one profile and one minor version does. */
export interface ProxyHabits {
  readonly userAgent: string;
  readonly contentType: "application/json" | "application/vnd.kubernetes.protobuf";
  /** Requests a second, and how many at once. */
  readonly qps: number;
  readonly burst: number;
  readonly services: Selectors;
  readonly endpointSlices: Selectors;
  /** Undefined where ServiceCIDRs are not watched. */
  readonly serviceCidrs: Selectors | undefined;
  /** Whether it watches its Node, for as long as it runs. */
  readonly watchesNode: boolean;
  /**
   * How it waits for the addresses of its Node before all else: it asks for them up to six times,
   * or looks for them in what its watch has brought for up to 30 s.
   */
  readonly awaitsAddresses: "no" | "get" | "watch";
  /** Whether first lists are watches (client-go's WatchListClient). */
  readonly watchList: boolean;
  /** What its event at the start says of the Node besides its kind and name. */
  readonly regarding: "uid" | "apiVersion";
  /** Seconds between two updates of its rules, and how many need not wait; 0 s: each at once. */
  readonly minSyncPeriodSeconds: number;
  readonly syncBurst: number;
}

export interface ProxyHabitsOptions {
  readonly profile: "kubelet" | "kubemark";
  /** `v1.34.4` */
  readonly kubeletVersion: string;
  /** In place of the profile's. */
  readonly qps?: number;
  readonly burst?: number;
  readonly contentType?: ProxyHabits["contentType"];
}

type MinorHabits = Pick<
  ProxyHabits,
  "services" | "endpointSlices" | "serviceCidrs" | "watchList" | "regarding" | "syncBurst"
> & {
  /** Whether the hollow proxy, which has no NodeManager, watches its Node all the same. */
  readonly hollowWatchesNode: boolean;
  readonly awaitsAddresses: "get" | "watch";
};

const noHeadless = "!service.kubernetes.io/headless";
const noProxyName = "!service.kubernetes.io/service-proxy-name";
const forThisProxy: Selectors = { labelSelector: `${noHeadless},${noProxyName}` };
const withClusterIp = "spec.clusterIP!=None";

/** Follows `Run` and `newProxyServer` of `cmd/kube-proxy/app/server.go`, minor by minor. */
const v30: MinorHabits = {
  services: forThisProxy,
  endpointSlices: forThisProxy,
  serviceCidrs: undefined,
  watchList: false,
  regarding: "uid",
  syncBurst: 2,
  hollowWatchesNode: true,
  awaitsAddresses: "get",
};
const v32: MinorHabits = { ...v30, services: { ...forThisProxy, fieldSelector: withClusterIp } };
const v33: MinorHabits = { ...v32, serviceCidrs: forThisProxy };
const v34: MinorHabits = {
  ...v33,
  syncBurst: 1,
  hollowWatchesNode: false,
  awaitsAddresses: "watch",
};
const v35: MinorHabits = { ...v34, watchList: true, regarding: "apiVersion" };
const v36: MinorHabits = {
  ...v35,
  services: { labelSelector: noProxyName, fieldSelector: withClusterIp },
  endpointSlices: { labelSelector: noHeadless },
  serviceCidrs: {},
};

const firstMinor = 30;
const minors: readonly MinorHabits[] = [v30, v30, v32, v33, v34, v35, v36];

/**
 * What the proxy of a version does: Kubemark's hollow proxy, or a kube-proxy in mode iptables with
 * its default configuration.
 *
 * Kubemark's hollow proxy of 1.30 to 1.33 panics when it sees its Node. Ours goes on, and watches
 * its Node as that one would.
 *
 * @throws OptionError for what is no version 1.x.
 */
export function proxyHabits(options: ProxyHabitsOptions): {
  readonly habits: ProxyHabits;
  /** The minor version whose habits were taken, `1.36`, where those of the one asked for are unknown. */
  readonly nearest: string | undefined;
} {
  const { profile, kubeletVersion } = options;
  const found = /^v?1\.(\d+)(?:[.+-]|$)/.exec(kubeletVersion);
  if (found === null) {
    throw new OptionError(
      "kubeletVersion",
      `expected a version such as v1.34.4, not "${kubeletVersion}"`,
    );
  }
  const asked = Number(found[1]);
  const index = Math.min(Math.max(asked - firstMinor, 0), minors.length - 1);
  const { hollowWatchesNode, awaitsAddresses, ...minor } = minors[index] ?? v36;
  const isReal = profile === "kubelet";
  const habits: ProxyHabits = {
    ...minor,
    userAgent: isReal ? kubeProxyUserAgent(kubeletVersion) : "hollow-proxy",
    contentType: options.contentType ?? "application/vnd.kubernetes.protobuf",
    qps: options.qps ?? (isReal ? 5 : 10),
    burst: options.burst ?? (isReal ? 10 : 20),
    watchesNode: isReal || hollowWatchesNode,
    awaitsAddresses: isReal ? awaitsAddresses : "no",
    minSyncPeriodSeconds: isReal ? 1 : 0,
  };
  const known = index + firstMinor;
  return { habits, nearest: known === asked ? undefined : `1.${known}` };
}

/** As client-go writes it: the first seven digits of the commit, which are not known here. */
function kubeProxyUserAgent(version: string): string {
  return `kube-proxy/${version} (linux/amd64) kubernetes/0000000`;
}

import {
  type KubeletHabits,
  kubeletHabits,
  type ProfileName,
  type ResolvedHabits,
} from "../kubelet/index.ts";
import { type ProxyHabits, proxyHabits } from "../proxy/index.ts";
import type { FleetOptions } from "./fleet-options.ts";

/** The habits of a fleet's nodes, by the version of their kubelets. */
export interface HabitsOfNodes {
  ofKubelet(kubeletVersion: string): KubeletHabits;
  /** Undefined for a fleet without proxies. */
  ofProxy(kubeletVersion: string): ProxyHabits | undefined;
  /** The minor version whose habits stand in for those of this one, `1.36`; undefined where they are known. */
  standInFor(kubeletVersion: string): string | undefined;
}

type Said = Pick<FleetOptions, "profile" | "watches" | "proxy" | "kubelet">;

const defaultProfile: ProfileName = "kubelet";

/** Whether one watch serves all nodes of a fleet. */
export function sharesWatches({ profile = defaultProfile, watches }: Said): boolean {
  return (watches ?? (profile === "light" ? "shared" : "per-node")) === "shared";
}

/** @throws OptionError */
export function habitsOfNodes(said: Said): HabitsOfNodes {
  const { profile = defaultProfile, kubelet = {}, proxy = true } = said;
  const kubelets = new Map<string, ResolvedHabits>();
  const proxies = new Map<string, ProxyHabits>();
  const resolved = (kubeletVersion: string): ResolvedHabits => {
    const known = kubelets.get(kubeletVersion);
    if (known !== undefined) return known;
    const found = kubeletHabits({ profile, kubeletVersion, ...kubelet });
    kubelets.set(kubeletVersion, found);
    return found;
  };
  return {
    ofKubelet: (kubeletVersion) => resolved(kubeletVersion).habits,
    standInFor: (kubeletVersion) => resolved(kubeletVersion).nearest,
    ofProxy(kubeletVersion) {
      if (!proxy) return undefined;
      const known = proxies.get(kubeletVersion);
      if (known !== undefined) return known;
      const { contentType } = kubelet;
      const { habits } = proxyHabits({
        profile: profile === "kubemark" ? "kubemark" : "kubelet",
        kubeletVersion,
        ...(contentType === undefined ? {} : { contentType }),
      });
      proxies.set(kubeletVersion, habits);
      return habits;
    },
  };
}

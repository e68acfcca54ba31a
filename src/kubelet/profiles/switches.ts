import { nearest } from "../../base/nearest.ts";
import { OptionError } from "../../base/option-error.ts";
import type { KubeletSwitches, ProfileName } from "./habits.ts";

const all: KubeletSwitches = {
  UniquePodIPs: true,
  InitContainers: true,
  Readiness: true,
  GracePeriods: true,
  Events: true,
  KubeletLimits: true,
  Reregister: true,
};

const none: KubeletSwitches = {
  UniquePodIPs: false,
  InitContainers: false,
  Readiness: false,
  GracePeriods: false,
  Events: false,
  KubeletLimits: false,
  Reregister: false,
};

/** What a profile does of itself. */
export const profileSwitches: Readonly<Record<ProfileName, KubeletSwitches>> = {
  kubelet: all,
  kubemark: none,
  light: { ...all, Events: false },
};

/** What each switch does when it is on, and when it is off: for help and reference. */
export const switchHelp: Readonly<
  Record<keyof KubeletSwitches, readonly [on: string, off: string]>
> = {
  UniquePodIPs: ["each pod has an address of its own", "all pods have 192.168.192.168"],
  InitContainers: ["init containers come to an end", "a pod with init containers never starts"],
  Readiness: ["a pod is Ready once its containers run", "a pod is Ready from its first status on"],
  GracePeriods: [
    "containers take time to end, at most the grace period",
    "containers end at once, with success",
  ],
  Events: ["sends the events of a kubelet", "sends no events"],
  KubeletLimits: ["50 requests a second, 100 at once", "10 requests a second, 20 at once"],
  Reregister: [
    "a Node that was deleted is registered again",
    "a Node that was deleted stays away until the kubelet is started again",
  ],
};

const names = Object.keys(all) as readonly (keyof KubeletSwitches)[];

/**
 * Switches as a flag gives them, in the form of feature gates: `UniquePodIPs=true,Events=false`.
 *
 * @param option how its user calls it, for the error
 * @throws OptionError for an unknown name (naming the nearest known one), or a value but true or false.
 */
export function parseSwitches(text: string, option: string): Partial<KubeletSwitches> {
  const switches: Partial<Record<keyof KubeletSwitches, boolean>> = {};
  for (const part of text.split(",")) {
    const [name = "", value, ...rest] = part.trim().split("=");
    if (name === "" && value === undefined) continue;
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) {
      const like = nearest(name, names);
      const hint = like === undefined ? `known are ${names.join(", ")}` : `did you mean "${like}"?`;
      throw new OptionError(option, `unknown habit "${name}"; ${hint}`);
    }
    if ((value !== "true" && value !== "false") || rest.length > 0) {
      throw new OptionError(
        option,
        `expected ${known}=true or ${known}=false, not "${part.trim()}"`,
      );
    }
    switches[known] = value === "true";
  }
  return switches;
}

import type { KubeletSwitches, ProfileName } from "./profiles/habits.ts";

/** What a kubelet runs containers with, as far as it shows. */
export interface ContainerRuntime {
  /** The scheme of container IDs. */
  readonly name: string;
  /** Containers start and end at once, whatever the behaviour of pods says, and never by themselves. */
  readonly instant: boolean;
  /** It says why a container has ended: `Completed` or `Error`. */
  readonly saysReasons: boolean;
}

/** How a kubelet of one profile and one minor version runs its pods. */
export interface PodHabits {
  readonly switches: KubeletSwitches;
  readonly runtime: ContainerRuntime;
  /** Statuses leave out what the API server has or adds by itself: `qosClass`, `lastState`, `lastProbeTime`. */
  readonly terse: boolean;
  /** How often each pod is synced and its volumes are looked after, in milliseconds. */
  readonly syncFrequencyMs: number;
  /** Statuses and conditions say for which generation they are (`PodObservedGenerationTracking`). */
  readonly observedGeneration: boolean;
  /** Container statuses name the resources (`InPlacePodVerticalScaling`). */
  readonly containerResources: boolean;
  /** So do pod statuses (`InPlacePodLevelResourcesVerticalScaling`). */
  readonly podResources: boolean;
  /** Container statuses name the volume mounts (`RecursiveReadOnlyMounts`). */
  readonly volumeMounts: boolean;
  /** The status of a pod that is turned away keeps its `qosClass`. */
  readonly rejectionKeepsQos: boolean;
  /** A pod whose containers were started is looked at at once (`PLEGOnDemandRelist`). */
  readonly relistsOnDemand: boolean;
  /** How long a watch of one ConfigMap or Secret lasts, in seconds. */
  readonly objectWatchSeconds: readonly [min: number, max: number];
  /** Whether collections are listed by watching them (`WatchListClient`). */
  readonly watchList: boolean;
  /** How the events are worded that say of a container that it is there, and that it runs. */
  readonly containerEvents: "1.30" | "1.32" | "1.35";
}

type ByMinor = Omit<PodHabits, "switches" | "runtime" | "terse" | "syncFrequencyMs">;

const v30: ByMinor = {
  observedGeneration: false,
  containerResources: false,
  podResources: false,
  volumeMounts: false,
  rejectionKeepsQos: false,
  relistsOnDemand: false,
  objectWatchSeconds: [300, 600],
  watchList: false,
  containerEvents: "1.30",
};
const v31: ByMinor = { ...v30, volumeMounts: true, objectWatchSeconds: [1_800, 3_600] };
const v32: ByMinor = { ...v31, rejectionKeepsQos: true, containerEvents: "1.32" };
const v33: ByMinor = { ...v32, containerResources: true };
const v34: ByMinor = { ...v33, observedGeneration: true };
const v35: ByMinor = { ...v34, watchList: true, containerEvents: "1.35" };
const v36: ByMinor = { ...v35, podResources: true, relistsOnDemand: true };

export type PodHabitsMinor = 30 | 31 | 32 | 33 | 34 | 35 | 36;

/** By minor version: what feature gates that are on by default, and code that has changed, make of it. */
const byMinor: Readonly<Record<PodHabitsMinor, ByMinor>> = {
  30: v30,
  31: v31,
  32: v32,
  33: v33,
  34: v34,
  35: v35,
  36: v36,
};

const hollowRuntime: ContainerRuntime = { name: "hollowmark", instant: false, saysReasons: true };
/** That of Kubemark (`cri-api/pkg/apis/testing`). */
const fakeRuntime: ContainerRuntime = { name: "fakeRuntime", instant: true, saysReasons: false };

type ByProfile = Pick<PodHabits, "runtime" | "terse" | "syncFrequencyMs">;

const byProfile: Readonly<Record<ProfileName, ByProfile>> = {
  kubelet: { runtime: hollowRuntime, terse: false, syncFrequencyMs: 60_000 },
  kubemark: { runtime: fakeRuntime, terse: false, syncFrequencyMs: 10_000 },
  light: { runtime: hollowRuntime, terse: true, syncFrequencyMs: 60_000 },
};

export interface PodHabitsOptions {
  readonly profile: ProfileName;
  readonly minor: PodHabitsMinor;
  readonly switches: KubeletSwitches;
}

export function podHabits({ profile, minor, switches }: PodHabitsOptions): PodHabits {
  return { ...byMinor[minor], ...byProfile[profile], switches };
}

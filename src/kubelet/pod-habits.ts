import type { KubeletSwitches } from "./profiles/habits.ts";

/** How a kubelet of one profile and one minor version runs its pods. */
export interface PodHabits {
  readonly switches: KubeletSwitches;
  /** The scheme of container IDs: the name of the container runtime. */
  readonly runtimeName: string;
  /** How often each pod is synced and its volumes are looked after, in milliseconds. */
  readonly syncFrequencyMs: number;
  /** Statuses and conditions say for which generation they are (`PodObservedGenerationTracking`). */
  readonly observedGeneration: boolean;
  /** Container statuses name the resources (`InPlacePodVerticalScaling`). */
  readonly containerResources: boolean;
  /** Container statuses name the volume mounts (`RecursiveReadOnlyMounts`). */
  readonly volumeMounts: boolean;
  /** How long a watch of one ConfigMap or Secret lasts, in seconds. */
  readonly objectWatchSeconds: readonly [min: number, max: number];
  /** Whether collections are listed by watching them (`WatchListClient`). */
  readonly watchList: boolean;
}

type ByMinor = Pick<
  PodHabits,
  "observedGeneration" | "containerResources" | "volumeMounts" | "objectWatchSeconds" | "watchList"
>;

const v30: ByMinor = {
  observedGeneration: false,
  containerResources: false,
  volumeMounts: false,
  objectWatchSeconds: [300, 600],
  watchList: false,
};
const v31: ByMinor = { ...v30, volumeMounts: true, objectWatchSeconds: [1_800, 3_600] };
const v33: ByMinor = { ...v31, containerResources: true };
const v34: ByMinor = { ...v33, observedGeneration: true };
const v35: ByMinor = { ...v34, watchList: true };

/** By minor version: what the feature gates that are on by default make a kubelet do. */
const byMinor: Readonly<Record<PodHabitsMinor, ByMinor>> = {
  30: v30,
  31: v31,
  32: v31,
  33: v33,
  34: v34,
  35: v35,
  36: v35,
};

export type PodHabitsMinor = 30 | 31 | 32 | 33 | 34 | 35 | 36;

export interface PodHabitsOptions {
  readonly minor: PodHabitsMinor;
  readonly switches: KubeletSwitches;
  readonly runtimeName: string;
  /** Kubemark's is 10 s, a kubelet's 1 min. */
  readonly syncFrequencyMs: number;
}

export function podHabits({ minor, ...options }: PodHabitsOptions): PodHabits {
  return { ...byMinor[minor], ...options };
}

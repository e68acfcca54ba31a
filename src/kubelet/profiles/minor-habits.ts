import type { CsiNodeHabits, KubeletHabits, NodeHabits } from "./habits.ts";

/** The minor versions whose habits are known. */
export const knownMinors = [30, 31, 32, 33, 34, 35, 36] as const;
export type KnownMinor = (typeof knownMinors)[number];

/** What differs from one minor version to the next, on the side of the node. */
export interface MinorHabits
  extends Pick<
    KubeletHabits,
    | "watchList"
    | "serviceSelector"
    | "statusReportJitter"
    | "statusReadsNode"
    | "readsForbiddenNode"
  > {
  readonly csiNode: CsiNodeHabits;
  /** Whether `nodeInfo.kubeProxyVersion` repeats the kubelet's version; else it is empty. */
  readonly kubeProxyVersion: boolean;
  readonly declaredFeatures: NodeHabits["declaredFeatures"];
}

const migratedPlugins =
  "kubernetes.io/aws-ebs,kubernetes.io/azure-disk,kubernetes.io/azure-file,kubernetes.io/cinder,kubernetes.io/gce-pd";

const v30: MinorHabits = {
  watchList: false,
  serviceSelector: undefined,
  statusReportJitter: false,
  statusReadsNode: true,
  readsForbiddenNode: false,
  csiNode: {
    migratedPlugins: `${migratedPlugins},kubernetes.io/vsphere-volume`,
    checksOwner: false,
    retryInitialMs: 15,
    retryFactor: 6,
  },
  kubeProxyVersion: true,
  declaredFeatures: undefined,
};

const v31: MinorHabits = {
  ...v30,
  serviceSelector: "spec.clusterIP!=None",
  statusReadsNode: false,
  csiNode: {
    ...v30.csiNode,
    // CSIMigrationPortworx is on by default from here.
    migratedPlugins: `${migratedPlugins},kubernetes.io/portworx-volume,kubernetes.io/vsphere-volume`,
  },
};

// KubeletRegistrationGetOnExistsOnly is off by default from here.
const v32: MinorHabits = { ...v31, readsForbiddenNode: true };

// DisableNodeKubeProxyVersion is on by default from here.
const v33: MinorHabits = { ...v32, kubeProxyVersion: false };

const v34: MinorHabits = {
  ...v33,
  statusReportJitter: true,
  csiNode: { ...v33.csiNode, retryInitialMs: 30, retryFactor: 8 },
};

// WatchListClient is on by default from here.
const v35: MinorHabits = {
  ...v34,
  watchList: true,
  csiNode: { ...v34.csiNode, checksOwner: true },
};

// NodeDeclaredFeatures is on by default from here.
const v36: MinorHabits = {
  ...v35,
  declaredFeatures: [
    "ExtendWebSocketsToKubelet",
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
    "RestartAllContainersOnContainerExits",
  ],
};

/**
 * What kubelets do by their minor version: feature gates that are on by default, and code that has
 * changed, as read in the sources of Kubernetes (`pkg/kubelet/`, `pkg/volume/csi/`, `pkg/features/`).
 */
export const minorHabits: Readonly<Record<KnownMinor, MinorHabits>> = {
  30: v30,
  31: v31,
  32: v32,
  33: v33,
  34: v34,
  35: v35,
  36: v36,
};

/** Releases that differ from the later ones of their minor version. */
export const releaseHabits: Readonly<Record<string, Partial<MinorHabits>>> = {
  // DisableNodeKubeProxyVersion was on by default, and off again from 1.31.1 to 1.32.
  "1.31.0": { kubeProxyVersion: false },
};

import type { Container, Pod, PodSpec } from "../k8s/types/core.ts";

/** A ConfigMap or Secret that a pod refers to. */
export interface PodReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  /** Looked at with each sync of the pod, as volumes and pull secrets are; else once, at its start. */
  readonly isHeld: boolean;
  /** Whether containers cannot start without it. */
  readonly isRequired: boolean;
  /** The volume that holds it, one of them if there are several. */
  readonly volume: string | undefined;
}

/** A token that a volume of a pod holds. */
export interface PodToken {
  readonly volume: string;
  /** Undefined for that of the API server. */
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** What a kubelet has to ask the API server for before it starts the containers of a pod. */
export interface PodNeeds {
  readonly references: readonly PodReference[];
  readonly tokens: readonly PodToken[];
  /** PersistentVolumeClaims, by name. */
  readonly claims: readonly string[];
  /** Whether there are volumes to mount, of whatever kind. */
  readonly hasVolumes: boolean;
}

const tokenSecondsDefault = 3_600;

/**
 * Finds what a pod needs: what its volumes, pull secrets and environment refer to
 * (`pkg/api/v1/pod/util.go`, VisitPodSecretNames and VisitPodConfigmapNames). Each object comes once.
 */
export function podNeeds({ spec, metadata }: Pick<Pod, "spec" | "metadata">): PodNeeds {
  const references = new Map<string, PodReference>();
  const add: Add = (kind, name, use, volume) => {
    if (name === undefined || name === "") return;
    const key = `${kind}/${name}`;
    const known = references.get(key);
    const isHeld = use !== "optional-env" && use !== "env";
    const isRequired = use === "volume" || use === "env";
    references.set(key, {
      kind,
      name,
      isHeld: isHeld || known?.isHeld === true,
      isRequired: isRequired || known?.isRequired === true,
      volume: known?.volume ?? volume,
    });
  };
  for (const { name } of spec.imagePullSecrets ?? []) add("Secret", name, "optional-volume");
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    addEnvironment(container, add);
  }
  addVolumes(spec, add);
  const volumes = mountedVolumes(spec);
  return {
    references: [...references.values()],
    tokens: tokensOf(volumes),
    claims: volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
      if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
      return ephemeral === undefined ? [] : [`${metadata.name}-${name}`];
    }),
    hasVolumes: volumes.length > 0,
  };
}

type Use = "volume" | "optional-volume" | "env" | "optional-env";
type Add = (
  kind: PodReference["kind"],
  name: string | undefined,
  use: Use,
  volume?: string,
) => void;

function addEnvironment({ env = [], envFrom = [] }: Container, add: Add): void {
  for (const { configMapRef, secretRef } of envFrom) {
    add("ConfigMap", configMapRef?.name, configMapRef?.optional ? "optional-env" : "env");
    add("Secret", secretRef?.name, secretRef?.optional ? "optional-env" : "env");
  }
  for (const { valueFrom } of env) {
    const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    add("ConfigMap", configMapKeyRef?.name, configMapKeyRef?.optional ? "optional-env" : "env");
    add("Secret", secretKeyRef?.name, secretKeyRef?.optional ? "optional-env" : "env");
  }
}

function addVolumes({ volumes = [] }: PodSpec, add: Add): void {
  const useOf = (optional: boolean | undefined): Use => (optional ? "optional-volume" : "volume");
  for (const { name, configMap, secret, projected } of volumes) {
    add("ConfigMap", configMap?.name, useOf(configMap?.optional), name);
    add("Secret", secret?.secretName, useOf(secret?.optional), name);
    for (const source of projected?.sources ?? []) {
      add("ConfigMap", source.configMap?.name, useOf(source.configMap?.optional), name);
      add("Secret", source.secret?.name, useOf(source.secret?.optional), name);
    }
  }
}

type Volumes = NonNullable<PodSpec["volumes"]>;

/** Volumes that no container mounts are left alone. */
function mountedVolumes({ volumes = [], containers, initContainers = [] }: PodSpec): Volumes {
  const mounted = new Set<string>();
  for (const { volumeMounts = [] } of [...containers, ...initContainers]) {
    for (const { name } of volumeMounts) mounted.add(name);
  }
  return volumes.filter(({ name }) => mounted.has(name));
}

function tokensOf(volumes: Volumes): readonly PodToken[] {
  const tokens: PodToken[] = [];
  for (const { name, projected } of volumes) {
    for (const { serviceAccountToken } of projected?.sources ?? []) {
      if (serviceAccountToken === undefined) continue;
      const { audience = "", expirationSeconds = tokenSecondsDefault } = serviceAccountToken;
      const from = audience === "" ? undefined : audience;
      tokens.push({ volume: name, audience: from, expirationSeconds });
    }
  }
  return tokens;
}

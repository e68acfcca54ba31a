import type { KubeObject } from "./meta.ts";

/** A name of another object in the namespace. */
export interface LocalObjectReference {
  readonly name?: string;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

/** An environment variable, as far as it refers to other objects. */
export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly configMapKeyRef?: LocalObjectReference & { readonly optional?: boolean };
    readonly secretKeyRef?: LocalObjectReference & { readonly optional?: boolean };
  };
}

export interface EnvFromSource {
  readonly configMapRef?: LocalObjectReference & { readonly optional?: boolean };
  readonly secretRef?: LocalObjectReference & { readonly optional?: boolean };
}

export interface VolumeProjection {
  readonly configMap?: LocalObjectReference & { readonly optional?: boolean };
  readonly secret?: LocalObjectReference & { readonly optional?: boolean };
  readonly serviceAccountToken?: {
    readonly audience?: string;
    readonly expirationSeconds?: number;
    readonly path: string;
  };
}

/** A volume, as far as it refers to other objects. */
export interface Volume {
  readonly name: string;
  readonly configMap?: LocalObjectReference & { readonly optional?: boolean };
  readonly secret?: { readonly secretName?: string; readonly optional?: boolean };
  readonly projected?: { readonly sources?: readonly VolumeProjection[] | null };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly ephemeral?: object;
}

export interface VolumeMountStatus extends VolumeMount {
  readonly recursiveReadOnly?: "Disabled" | "IfPossible" | "Enabled";
}

/** A claim, as far as a kubelet that mounts it reads it. */
export interface PersistentVolumeClaim extends KubeObject {
  readonly spec?: { readonly volumeName?: string };
  readonly status?: { readonly phase?: "Pending" | "Bound" | "Lost" };
}

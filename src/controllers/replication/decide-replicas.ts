import type { Pod } from "../../k8s/types/core.ts";
import { rankForDeletion } from "../pod-ranking.ts";

/** At most this many pods are created or deleted before the cache has to confirm (`BurstReplicas`). */
const burstReplicas = 500;

export type ReplicaDecision =
  | { readonly kind: "enough" }
  | { readonly kind: "create"; readonly count: number }
  | { readonly kind: "delete"; readonly pods: readonly Pod[] };

/**
 * What to do about `active` pods where `replicas` are wanted. `related` gives the pods that count
 * as siblings when the fuller node gives first; it is asked only for deletions. Follows
 * `manageReplicas` of `pkg/controller/replicaset/replica_set.go`.
 */
export function decideReplicas(
  active: readonly Pod[],
  replicas: number,
  related: () => readonly Pod[],
  nowMs: number,
): ReplicaDecision {
  const missing = replicas - active.length;
  if (missing === 0) return { kind: "enough" };
  if (missing > 0) return { kind: "create", count: Math.min(missing, burstReplicas) };
  const count = Math.min(-missing, burstReplicas);
  // Without survivors there is nothing to choose.
  const ranked = replicas === 0 ? active : rankForDeletion(active, related(), nowMs);
  return { kind: "delete", pods: ranked.slice(0, count) };
}

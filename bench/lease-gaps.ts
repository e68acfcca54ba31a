import { followCollection } from "./independent-watch.ts";

/** How regularly Leases were renewed, as an independent watch has seen it. */
export interface LeaseGaps {
  /** How much later than a kubelet's latest, 10.4 s after the one before, in seconds. */
  readonly latenessP99S: number;
  readonly gapMaxS: number;
  readonly note: string;
}

const latestMs = 10_400;

/** Notes the times of renewal that the Leases of nodes tell, until it is stopped. */
export async function watchLeases(kubeconfigPath: string): Promise<{ stop(): LeaseGaps }> {
  const renewedMs = new Map<string, number>();
  const gapsMs: number[] = [];
  const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const stop = await followCollection({ kubeconfigPath, path }, ({ object }) => {
    const { name } = object.metadata;
    const nowMs = Date.parse(object.spec?.renewTime ?? "");
    // The locks of fleets are Leases too.
    if (name.startsWith("hollowmark-fleet-") || Number.isNaN(nowMs)) return;
    const before = renewedMs.get(name);
    if (before !== undefined && nowMs > before) gapsMs.push(nowMs - before);
    renewedMs.set(name, nowMs);
  });
  return {
    stop() {
      stop();
      const sorted = gapsMs.toSorted((a, b) => a - b);
      const p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY;
      // One that was not renewed again has no gap: it counts from when it was.
      const sinceMs = [...renewedMs.values()].map((ms) => Date.now() - ms);
      const maxMs = Math.max(sorted.at(-1) ?? 0, ...sinceMs);
      return {
        latenessP99S: Math.max(0, p99Ms - latestMs) / 1_000,
        gapMaxS: maxMs / 1_000,
        note: `${sorted.length} renewals of ${renewedMs.size} Leases`,
      };
    },
  };
}

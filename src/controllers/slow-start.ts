export interface SlowStartResult {
  readonly started: number;
  readonly succeeded: number;
  /** The first failure of the last batch. */
  readonly error?: unknown;
}

/**
 * Calls `action` up to `count` times in batches of 1, 2, 4, … at once, and stops after the first
 * batch in which one failed: a quota that refuses every pod sees one request, not thousands.
 * Follows `slowStartBatch` of `pkg/controller/replicaset/replica_set.go`.
 */
export async function slowStart(
  count: number,
  action: (index: number) => Promise<void>,
): Promise<SlowStartResult> {
  let started = 0;
  let succeeded = 0;
  for (let batch = 1; started < count; batch *= 2) {
    const first = started;
    const size = Math.min(batch, count - first);
    const results = await Promise.allSettled(
      Array.from({ length: size }, (_, index) => action(first + index)),
    );
    started += size;
    const failure = results.find((result) => result.status === "rejected");
    succeeded += results.filter(({ status }) => status === "fulfilled").length;
    if (failure !== undefined) return { started, succeeded, error: failure.reason };
  }
  return { started, succeeded };
}

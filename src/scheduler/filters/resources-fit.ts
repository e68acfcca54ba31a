import type { Filter, Rejection } from "./filter.ts";

/** Room for one pod more, and for all that it asks for (`noderesources/fit.go`). */
export const nodeResourcesFit: Filter = {
  name: "NodeResourcesFit",
  prepare({ requests }, { nodes }) {
    const { podCounts, podLimits } = nodes;
    const columns = requests.map(({ resource, amount }) => ({
      amount,
      reason: `Insufficient ${resource}`,
      allocatable: nodes.resource(resource)?.allocatable,
      requested: nodes.resource(resource)?.requested,
    }));

    /** Asked for all nodes until enough are found, so first only whether; seldom why. */
    const fits = (row: number): boolean => {
      if ((podCounts[row] ?? 0) >= (podLimits[row] ?? 0)) return false;
      for (const { amount, allocatable, requested } of columns) {
        if (amount > (allocatable?.[row] ?? 0) - (requested?.[row] ?? 0)) return false;
      }
      return true;
    };

    const explain = (row: number): Rejection => {
      const reasons: string[] = [];
      let isResolvable = true;
      if ((podCounts[row] ?? 0) >= (podLimits[row] ?? 0)) reasons.push("Too many pods");
      for (const { amount, reason, allocatable, requested } of columns) {
        const has = allocatable?.[row] ?? 0;
        if (amount <= has - (requested?.[row] ?? 0)) continue;
        reasons.push(reason);
        if (amount > has) isResolvable = false;
      }
      return { reasons, isResolvable };
    };

    return (row) => (fits(row) ? undefined : explain(row));
  },
};

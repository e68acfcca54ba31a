import { type Score, scoreMax } from "./score.ts";

/** Prefers nodes with much left of cpu and memory (`noderesources/least_allocated.go`). */
export const leastAllocated: Score = {
  name: "NodeResourcesFit",
  weight: 1,
  prepare(pod, { nodes }) {
    const cpu = nodes.resource("cpu")?.allocatable;
    const memory = nodes.resource("memory")?.allocatable;
    const { scoredCpu, scoredMemory } = nodes;
    const { scoredCpuMilli, scoredMemoryBytes } = pod;
    return {
      scoreOf(row) {
        const cpuAll = cpu?.[row] ?? 0;
        const memoryAll = memory?.[row] ?? 0;
        const known = Number(cpuAll > 0) + Number(memoryAll > 0);
        if (known === 0) return 0;
        const cpuLeft = left(cpuAll, (scoredCpu[row] ?? 0) + scoredCpuMilli);
        const memoryLeft = left(memoryAll, (scoredMemory[row] ?? 0) + scoredMemoryBytes);
        return Math.floor((cpuLeft + memoryLeft) / known);
      },
    };
  },
};

/**
 * Prefers nodes whose cpu and memory are used alike (`noderesources/balanced_allocation.go`). Pods
 * that ask for neither are left to the other scores.
 */
export const balancedAllocation: Score = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  prepare({ cpuMilli, memoryBytes }, { nodes }) {
    if (cpuMilli === 0 && memoryBytes === 0) return undefined;
    const cpu = nodes.resource("cpu");
    const memory = nodes.resource("memory");
    return {
      scoreOf(row) {
        const cpuAll = cpu?.allocatable[row] ?? 0;
        const memoryAll = memory?.allocatable[row] ?? 0;
        if (cpuAll === 0 || memoryAll === 0) return scoreMax;
        const cpuShare = Math.min(1, ((cpu?.requested[row] ?? 0) + cpuMilli) / cpuAll);
        const memoryShare = Math.min(1, ((memory?.requested[row] ?? 0) + memoryBytes) / memoryAll);
        // The standard deviation of two values is half of what lies between them.
        return Math.floor((1 - Math.abs(cpuShare - memoryShare) / 2) * scoreMax);
      },
    };
  },
};

/** How much of it all would be left, of 100; nothing when too much is asked. */
function left(all: number, asked: number): number {
  return all === 0 || asked > all ? 0 : Math.floor(((all - asked) * scoreMax) / all);
}

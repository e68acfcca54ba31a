import { hostname } from "node:os";
import { kill, pid } from "node:process";
import type { RandomStream } from "../base/random.ts";
import type { HolderIdentity } from "./fleet-options.ts";

/** The identity of this process, `HOST_PID_RANDOM`: it knows when another of this machine has ended. */
export function createProcessIdentity(random: RandomStream): HolderIdentity {
  const host = hostname();
  return {
    holder: `${host}_${pid}_${random.uuid().slice(0, 8)}`,
    isGone(holder) {
      const match = /^(.*)_(\d+)_[0-9a-f]+$/.exec(holder);
      return match !== null && match[1] === host && !isRunning(Number(match[2]));
    },
  };
}

function isRunning(processId: number): boolean {
  // A fleet of this very process that was not stopped counts as running.
  try {
    return kill(processId, 0);
  } catch (error) {
    // EPERM: it runs, for another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

import { spawnSync } from "node:child_process";
import { programPath } from "../test/harness/hollowmark-process.ts";
import type { Figure } from "./results.ts";

const runs = 15;

/** How long `hollowmark --help` takes, against a Node process that does nothing. */
export async function benchHelp(): Promise<readonly Figure[]> {
  const help = medianMs([programPath, "--help"]);
  const nothing = medianMs(["-e", "0"]);
  return [
    { name: "help-ms", value: help, note: `median of ${runs}; bare node ${nothing.toFixed(0)} ms` },
  ];
}

function medianMs(args: readonly string[]): number {
  const times = Array.from({ length: runs }, () => {
    const beganMs = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`node ${args.join(" ")}: ${stderr}`);
    return performance.now() - beganMs;
  }).sort((left, right) => left - right);
  return times[Math.floor(runs / 2)] ?? Number.NaN;
}

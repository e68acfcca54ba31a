import { readFile } from "node:fs/promises";

/** Linux reports CPU time to user space in hundredths of a second, whatever the kernel ticks at. */
const msPerTick = 10;

/** CPU time, user and system, that a process has used so far, in milliseconds. Linux only. */
export async function cpuMsOf(pid: number): Promise<number> {
  return parseCpuMs(await readFile(`/proc/${pid}/stat`, "utf8"));
}

/** Resident memory of a process now, in bytes. Linux only. */
export async function rssBytesOf(pid: number): Promise<number> {
  return parseRssBytes(await readFile(`/proc/${pid}/status`, "utf8"));
}

/** Reads utime and stime out of /proc/PID/stat (proc(5)). @throws RangeError if it is no such file. */
export function parseCpuMs(stat: string): number {
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) throw new RangeError(`/proc/PID/stat: no CPU times in "${stat}"`);
  return ticks * msPerTick;
}

/** Reads VmRSS out of /proc/PID/status (proc(5)). @throws RangeError if there is none, as in a zombie. */
export function parseRssBytes(status: string): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new RangeError("/proc/PID/status: no VmRSS");
  return Number(kibibytes) * 1_024;
}

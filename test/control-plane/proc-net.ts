import { readdir, readFile, readlink } from "node:fs/promises";

/** The state ESTABLISHED in /proc/net/tcp (include/net/tcp_states.h). */
const established = "01";

/** How many TCP connections to a port on this machine each of these processes holds. Linux only. */
export async function connectionsOf(
  pids: readonly number[],
  remotePort: number,
): Promise<readonly number[]> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "utf8").catch(() => "")),
  );
  const inodes = new Set(tables.flatMap((table) => parseInodes(table, remotePort)));
  return Promise.all(
    pids.map(async (pid) => (await socketsOf(pid)).filter((inode) => inodes.has(inode)).length),
  );
}

/** Reads the sockets that are connected to a remote port out of /proc/net/tcp (proc(5)). */
export function parseInodes(table: string, remotePort: number): readonly string[] {
  const port = remotePort.toString(16).toUpperCase().padStart(4, "0");
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote?.endsWith(`:${port}`) && state === established)
    .flatMap((fields) => fields[9] ?? []);
}

async function socketsOf(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  // A descriptor may be closed between the listing and the look.
  const targets = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => "")),
  );
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

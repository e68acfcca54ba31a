import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** How a command ended. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or the signal that ended it, or why it could not start, such as "ENOENT". */
  readonly code: number | string;
}

/** Settings of {@link runCommand}; all have defaults. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Default: the process environment. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  /** Text for its standard input. Default: none. */
  readonly stdin?: string;
  /** After this long it is killed, in milliseconds. Default: never. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end. A command that fails, or does not exist, is a result, not an error. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.environment ?? process.env,
      stdio: "pipe",
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      resolve({ stdout, stderr: error.message, code: error.code ?? "error" });
    });
    child.on("close", (code, signal) => {
      resolve({ stdout, stderr, code: code ?? signal ?? "unknown" });
    });
    // A command that ends without reading its input closes the pipe: its exit code tells more.
    child.stdin.on("error", () => {});
    child.stdin.end(options.stdin ?? "");
  });
}

/** A process that runs until it is stopped. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** Whether it still runs. */
  isRunning(): boolean;
  /** Sends a signal and waits until the process is gone. Default: SIGKILL. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** The last lines that it wrote, for an error message. */
  logTail(lines: number): Promise<string>;
}

/** Processes and the folder that they work in, which end together. */
export interface ProcessGroup extends AsyncDisposable {
  /** The folder: made for the group, removed with it. */
  readonly folder: string;
  /** Starts a process that logs to `NAME.log` in the folder. A name may be started again once stopped. */
  start(name: string, file: string, args: readonly string[]): ManagedProcess;
  /** Has a process that others started end with the group, at the latest. */
  adopt(pid: number): void;
}

/**
 * The guard's program. Its standard input is a pipe from us: each line lists the processes that
 * now run, and the pipe closes however we end, also by SIGKILL. Then it kills what is left
 * and removes the folder, twice if a process that was about to end wrote into it meanwhile.
 */
export const guardProgram = `
pids=
while read -r line; do pids=$line; done
if [ -n "$pids" ]; then kill -9 $pids 2>/dev/null; fi
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

/** Makes an empty group with a new temporary folder. */
export async function createProcessGroup(prefix: string): Promise<ProcessGroup> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  const guard = startGuard(folder);
  const running = new Map<number, ManagedProcess>();
  const adopted = new Set<number>();
  const tellGuard = (): void => guard.watchOver([...running.keys(), ...adopted]);
  return {
    folder,
    start(name, file, args) {
      const managed = startProcess(name, file, args, folder, () => {
        running.delete(managed.pid);
        tellGuard();
      });
      running.set(managed.pid, managed);
      tellGuard();
      return managed;
    },
    adopt(pid) {
      adopted.add(pid);
      tellGuard();
    },
    async [Symbol.asyncDispose]() {
      for (const pid of adopted) killIfThere(pid);
      adopted.clear();
      await Promise.all([...running.values()].map((managed) => managed.stop()));
      await guard.dismiss();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Guard {
  /** Replaces the list of what it kills when we end. */
  watchOver(pids: readonly number[]): void;
  /** Resolves when it is gone. */
  dismiss(): Promise<void>;
}

function startGuard(folder: string): Guard {
  // Its own session: Ctrl-C in a terminal must not end the guard before what it guards.
  const guard = spawn("sh", ["-c", guardProgram, "guard", folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = new Promise<void>((resolve) => {
    guard.once("close", () => resolve());
    guard.once("error", () => resolve());
  });
  guard.unref();
  // Without a guard, because somebody killed it, disposing still cleans up.
  guard.stdin.on("error", () => {});
  return {
    watchOver: (pids) => {
      guard.stdin.write(`${pids.join(" ")}\n`);
    },
    dismiss() {
      guard.ref(); // With nothing else to wait for, the program would end before the guard.
      guard.stdin.end("\n");
      return gone;
    },
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

function startProcess(
  name: string,
  file: string,
  args: readonly string[],
  folder: string,
  onGone: () => void,
): ManagedProcess {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(file, args, { cwd: folder, stdio: ["ignore", log, log] });
  closeSync(log);
  const { pid } = child;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  if (pid === undefined) throw new Error(`${name}: ${file} could not be started`);
  let isRunning = true;
  child.once("exit", () => {
    isRunning = false;
    onGone();
  });
  return {
    name,
    pid,
    isRunning: () => isRunning,
    async stop(signal = "SIGKILL") {
      if (isRunning) child.kill(signal);
      await gone;
    },
    async logTail(lines) {
      return lastLines(await readFile(logFile, "utf8"), lines);
    },
  };
}

/** Finds TCP ports of the loopback address that nobody listens on, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held open until the last is found, or one could be handed out twice.
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Asks again and again until the answer is true. @returns false if the deadline came first. */
export async function waitUntil(
  check: () => Promise<boolean>,
  { deadlineMs, everyMs = 50 }: { readonly deadlineMs: number; readonly everyMs?: number },
): Promise<boolean> {
  const endMs = performance.now() + deadlineMs;
  while (!(await check())) {
    if (performance.now() > endMs) return false;
    await delay(everyMs);
  }
  return true;
}

/** The last lines of a text, without the empty ones. */
export function lastLines(text: string, count: number): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}

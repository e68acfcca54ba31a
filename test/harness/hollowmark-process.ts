import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Of the package, wherever this file was compiled to. */
const packagePath = createRequire(import.meta.url).resolve("hollowmark/package.json");

/** The built program, as `npx hollowmark` would run it. */
export const programPath: string = join(dirname(packagePath), "dist/cli/main.js");

/** How a run of the program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The program, running as a process of its own; killed when disposed. */
export interface HollowmarkProcess extends AsyncDisposable {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /**
   * Resolves with the first match in standard output or error.
   *
   * @throws Error with all output, if the program ends before, or after `timeoutMs`.
   */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Sends the signal and resolves when the process is gone, with how long that took. */
  stop(signal?: NodeJS.Signals): Promise<ProgramEnd & { readonly tookMs: number }>;
  readonly ended: Promise<ProgramEnd>;
}

/** Starts the program with `args`. */
export function startHollowmark(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): HollowmarkProcess {
  const child = spawn(process.execPath, [programPath, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  const waiters = new Set<() => void>();
  const collect = (name: "stdout" | "stderr"): void => {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const check of waiters) check();
    });
  };
  collect("stdout");
  collect("stderr");
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (isRunning(child)) child.kill(signal);
  };
  return {
    pid: child.pid ?? -1,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended,
    waitFor: (pattern, timeoutMs = 60_000) => waitFor(pattern, timeoutMs, output, waiters, ended),
    async stop(signal = "SIGINT") {
      const beganMs = performance.now();
      kill(signal);
      const end = await ended;
      return { ...end, tookMs: performance.now() - beganMs };
    },
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

/** How a run of the program went, from its start to its end. */
export interface ProgramRun extends ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. Only for command lines that come to one by themselves. */
export async function runHollowmark(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<ProgramRun> {
  await using program = startHollowmark(args, environment);
  const end = await program.ended;
  return { ...end, stdout: program.stdout(), stderr: program.stderr() };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function waitFor(
  pattern: RegExp,
  timeoutMs: number,
  output: { readonly stdout: string; readonly stderr: string },
  waiters: Set<() => void>,
  ended: Promise<ProgramEnd>,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      finish();
      reject(new Error(`${why} before ${pattern} came:\n${output.stdout}\n${output.stderr}`));
    };
    const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      waiters.delete(check);
    };
    const check = (): void => {
      const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
      if (match === null) return;
      finish();
      resolve(match);
    };
    waiters.add(check);
    void ended.then(({ code, signal }) => fail(`the program ended (${code ?? signal})`));
    check();
  });
}

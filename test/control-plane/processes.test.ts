import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseCpuMs, parseRssBytes } from "./proc-stat.ts";
import {
  createProcessGroup,
  freePorts,
  guardProgram,
  lastLines,
  runCommand,
  waitUntil,
} from "./processes.ts";

describe("runCommand", () => {
  test.each([
    {
      name: "success",
      script: "echo out; echo err >&2",
      code: 0,
      stdout: "out\n",
      stderr: "err\n",
    },
    { name: "failure", script: "exit 3", code: 3, stdout: "", stderr: "" },
    { name: "a signal", script: "kill -9 $$", code: "SIGKILL", stdout: "", stderr: "" },
    { name: "its input", script: "cat", code: 0, stdout: "text", stderr: "" },
    { name: "input that it ignores", script: "exec <&-; exit 4", code: 4, stdout: "", stderr: "" },
  ])("returns $name", async ({ script, code, stdout, stderr }) => {
    const result = await runCommand("sh", ["-c", script], { stdin: "text" });
    expect(result).toEqual({ code, stdout, stderr });
  });

  test("returns that there is no such command", async () => {
    expect(await runCommand("/no/such/command", [])).toMatchObject({ code: "ENOENT" });
  });

  test("kills a command that takes too long", async () => {
    const result = await runCommand("sleep", ["600"], { timeoutMs: 50 });
    expect(result.code).toBe("SIGTERM");
  });
});

describe("a process group", () => {
  test("ends its processes, also adopted ones, and removes its folder", async () => {
    const group = await createProcessGroup("hollowmark-test-");
    const stranger = spawn("sleep", ["600"]);
    const strangerGone = new Promise((resolve) => stranger.once("exit", (_, by) => resolve(by)));
    group.adopt(stranger.pid ?? 0);
    const own = group.start("own", "sh", ["-c", "echo started; exec sleep 600"]);
    expect(
      await waitUntil(async () => (await own.logTail(1)) === "started", { deadlineMs: 5_000 }),
    ).toBe(true);
    expect(own.isRunning()).toBe(true);
    await group[Symbol.asyncDispose]();
    expect(own.isRunning()).toBe(false);
    expect(await strangerGone).toBe("SIGKILL");
    expect(existsSync(group.folder)).toBe(false);
  });

  test("notices a process that ends by itself, and starts the name again", async () => {
    await using group = await createProcessGroup("hollowmark-test-");
    const first = group.start("short", "sh", ["-c", "echo first"]);
    expect(await waitUntil(async () => !first.isRunning(), { deadlineMs: 5_000 })).toBe(true);
    await first.stop();
    const second = group.start("short", "sh", ["-c", "echo second; exec sleep 600"]);
    expect(
      await waitUntil(async () => (await second.logTail(9)) === "first\nsecond", {
        deadlineMs: 5_000,
      }),
    ).toBe(true);
  });
});

test("the guard kills and cleans up when its parent's end of the pipe closes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hollowmark-test-"));
  const sleeper = spawn("sleep", ["600"]);
  const sleeperGone = new Promise((resolve) => sleeper.once("exit", (_, by) => resolve(by)));
  // The parent is a shell that holds the pipe and dies by SIGKILL, as we might. It can only open a
  // named pipe once the guard has, so that there surely is one when it dies.
  const pipe = `${folder}.pipe`;
  const parent = `mkfifo "$2"; sh -c "$0" guard "$1" < "$2" & exec 3> "$2"; echo ${sleeper.pid} >&3; kill -9 $$`;
  await runCommand("sh", ["-c", parent, guardProgram, folder, pipe]);
  expect(await sleeperGone).toBe("SIGKILL");
  const isRemoved = async (): Promise<boolean> => !existsSync(folder);
  expect(await waitUntil(isRemoved, { deadlineMs: 5_000 })).toBe(true);
  await rm(folder, { recursive: true, force: true });
  await rm(pipe);
});

test("free ports differ from each other", async () => {
  expect(new Set(await freePorts(5)).size).toBe(5);
});

test("waiting ends at the deadline", async () => {
  expect(await waitUntil(async () => false, { deadlineMs: 20, everyMs: 5 })).toBe(false);
});

test("the last lines of a text skip the empty ones", () => {
  expect(lastLines("a\nb\n\nc\n\n", 2)).toBe("b\nc");
});

describe("/proc", () => {
  test("CPU time is read past a command that looks like fields", () => {
    const times = "R 1 1 1 0 -1 4194304 10 0 0 0 150 25 0 0 20 0 1 0 100";
    expect(parseCpuMs(`42 (a) b (c)) ${times}`)).toBe(1_750);
    expect(() => parseCpuMs("42 (a) R")).toThrow(RangeError);
  });

  test("memory is read from the status, which a zombie lacks", () => {
    expect(parseRssBytes("Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n")).toBe(2 * 2 ** 20);
    expect(() => parseRssBytes("Name:\tx\nState:\tZ (zombie)\n")).toThrow(RangeError);
  });

  test("our own process has both", async () => {
    expect(parseCpuMs(await readFile("/proc/self/stat", "utf8"))).toBeGreaterThan(0);
    expect(parseRssBytes(await readFile("/proc/self/status", "utf8"))).toBeGreaterThan(2 ** 20);
  });
});

import { readdir, readFile, symlink } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { LogFields } from "../base/log.ts";
import { silentLog } from "../base/log.ts";
import { OptionError } from "../base/option-error.ts";
import { createTestEnv } from "../base/test-env.ts";
import { createTempFolder } from "../client/temp-folder.fixture.ts";
import type { Transport } from "../k8s/transport.ts";
import { openLogFiles } from "./log-files.ts";

const next: Transport = async () => ({ status: 201, headers: {}, body: { kind: "none" } });

describe("logs of nodes", () => {
  test("stand in a file for each component, the lines in order", async () => {
    await using folder = await createTempFolder();
    const env = createTestEnv();
    const path = `${folder.path}/new/logs`;
    const files = await openLogFiles({ folder: path, verbosity: 8, processId: 7 }, env);
    const kubelet = files.open("kubelet", "hollow-0");
    kubelet.log.info("Starting", { node: "hollow-0" });
    kubelet.log.debug("A step");
    files.open("kubeproxy", "hollow-0").log.child({ node: "a" }).warn("Late", { seconds: 3 });
    await env.clock.advance(1_000);
    const transport = kubelet.wrap(next, "https://127.0.0.1:6443");
    await transport({ method: "POST", path: "/api/v1/nodes" });
    await files[Symbol.asyncDispose]();
    expect((await readdir(path)).sort()).toEqual([
      "kubelet-hollow-0.log",
      "kubeproxy-hollow-0.log",
    ]);
    expect(await readFile(`${path}/kubelet-hollow-0.log`, "utf8")).toBe(
      `I0101 00:00:00.000000       7 kubelet:1] "Starting" node="hollow-0"
I0101 00:00:00.000000       7 kubelet:1] "A step"
I0101 00:00:01.000000       7 round_trippers.go:527] "Request" verb="POST" url="https://127.0.0.1:6443/api/v1/nodes" headers=""
I0101 00:00:01.000000       7 round_trippers.go:632] "Response" status="201 Created" headers="" milliseconds=0
`,
    );
    expect(await readFile(`${path}/kubeproxy-hollow-0.log`, "utf8")).toBe(
      'W0101 00:00:00.000000       7 kubeproxy:1] "Late" node="a" seconds=3\n',
    );
  });

  test("come after what the file held already", async () => {
    await using folder = await createTempFolder();
    await folder.write("kubelet-a.log", "before\n");
    const env = createTestEnv();
    const files = await openLogFiles({ folder: folder.path, verbosity: 0, processId: 7 }, env);
    files.open("kubelet", "a").log.debug("Not at this verbosity");
    files.open("kubelet", "a").log.info("Here");
    await files[Symbol.asyncDispose]();
    expect(await readFile(`${folder.path}/kubelet-a.log`, "utf8")).toBe(
      'before\nI0101 00:00:00.000000       7 kubelet:1] "Here"\n',
    );
  });

  test("are bounded between two writes, and say what is missing", async () => {
    await using folder = await createTempFolder();
    const env = createTestEnv();
    const files = await openLogFiles({ folder: folder.path, verbosity: 0, processId: 7 }, env);
    const { log } = files.open("kubelet", "a");
    for (let line = 0; line < 10_000; line += 1) log.info("x".repeat(1_000));
    await files[Symbol.asyncDispose]();
    const text = await readFile(`${folder.path}/kubelet-a.log`, "utf8");
    expect(text.length).toBeLessThan(300_000);
    const written = text.match(/^I0101/gm)?.length ?? 0;
    expect(text.trimEnd().split("\n").at(-1)).toBe(`(${10_000 - written} lines were dropped here)`);
  });

  test.runIf(process.platform === "linux")("that a full disk swallows are told once", async () => {
    await using folder = await createTempFolder();
    await symlink("/dev/full", `${folder.path}/kubelet-full.log`);
    const errors: LogFields[] = [];
    const log = { ...silentLog, error: (_: string, fields: LogFields = {}) => errors.push(fields) };
    const env = { ...createTestEnv(), log };
    const files = await openLogFiles({ folder: folder.path, verbosity: 0, processId: 7 }, env);
    const full = files.open("kubelet", "full");
    for (let second = 0; second < 3; second += 1) {
      full.log.info("Here");
      await env.clock.advance(1_000);
    }
    await files[Symbol.asyncDispose]();
    expect(errors).toMatchObject([{ error: { code: "ENOSPC" } }]);
  });

  test("want a folder that can be made", async () => {
    const options = { folder: "/dev/null/logs", verbosity: 0, processId: 7 };
    await expect(openLogFiles(options, createTestEnv())).rejects.toThrow(OptionError);
  });
});

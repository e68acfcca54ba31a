import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { startHollowmark } from "../harness/hollowmark-process.ts";
import { isReady, openIndependently } from "../harness/independent-client.ts";
import { createSandbox, expectRefusal, type Sandbox } from "./sandbox.ts";

/** What Ctrl-C may take, in milliseconds. */
const stopMs = 2_000;
const twentyInTwo = ["--nodes", "20", "--workers", "2"] as const;

/** A control plane in another process, with a node of its own. */
async function startServer(sandbox: Sandbox) {
  const kubeconfig = `${sandbox.folder.path}/config`;
  const program = sandbox.start([
    ...["up", "--profile", "light", "--nodes", "1", "--kubeconfig", kubeconfig],
    ...["--fleet", "server", "--name-template", "server-{index}"],
  ]);
  await program.waitFor(/Press Ctrl-C/);
  return {
    kubeconfig,
    nodes: () => openIndependently(kubeconfig).nodes(),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

describe("join with workers", () => {
  test("brings all nodes, in one report, with their logs and metrics, and takes them away", async () => {
    await using sandbox = await createSandbox();
    await using server = await startServer(sandbox);
    const logs = `${sandbox.folder.path}/logs`;
    await using program = sandbox.start([
      ...["join", "--kubeconfig", server.kubeconfig, ...twentyInTwo],
      ...["--metrics-port", "0", "--log-file", logs, "-v=6"],
    ]);
    const [, url = ""] = await program.waitFor(/^Metrics: (\S+)$/m);
    await program.waitFor(/Press Ctrl-C/);
    expect(program.stderr()).toMatch(/^The nodes run in 2 worker threads$/m);
    expect(program.stdout().match(/20 Ready after/g)).toHaveLength(1);
    const nodes = await server.nodes();
    expect(nodes.filter(isReady)).toHaveLength(21);

    const metrics = await (await fetch(url)).text();
    expect(metrics).toMatch(/^hollowmark_nodes\{state="ready"\} 20$/m);
    const created = /^hollowmark_api_requests_total\{.*verb="create",resource="nodes".*\} (\d+)$/m;
    expect(numberIn(metrics, created)).toBe(20);
    for (const worker of ["1", "2"]) {
      expect(metrics).toMatch(
        new RegExp(`^nodejs_heap_size_used_bytes\\{worker="${worker}"\\}`, "m"),
      );
    }

    const end = await program.stop();
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(end.tookMs).toBeLessThan(stopMs);
    expect((await server.nodes()).map(({ metadata }) => metadata?.name)).toEqual(["server-0"]);
    expect(await readdir(logs)).toHaveLength(40);
    expect(await sandbox.leftovers(["config", "logs"])).toEqual([]);
  });

  test("ends in one line when a worker dies, and leaves no nodes behind", async () => {
    await using sandbox = await createSandbox();
    await using server = await startServer(sandbox);
    const death = `${sandbox.folder.path}/death`;
    // Loaded into every thread: that of the second shard dies once the file is there.
    const preload = await sandbox.folder.write(
      "preload.cjs",
      `const { workerData } = require("node:worker_threads");
       const { existsSync } = require("node:fs");
       if (workerData?.shard?.index === 1) setInterval(() => {
         if (existsSync(${JSON.stringify(death)})) throw new Error("boom");
       }, 50);`,
    );
    await using program = startHollowmark(
      ["join", "--kubeconfig", server.kubeconfig, ...twentyInTwo],
      { TMPDIR: sandbox.folder.path, NODE_OPTIONS: `--require=${preload}` },
    );
    await program.waitFor(/Press Ctrl-C/);
    await sandbox.folder.write("death", "");
    expect(await program.ended).toMatchObject({ code: 1, signal: null });
    expect(program.stderr()).toMatch(/^hollowmark: worker 2 of 2 has ended: boom\n$/m);
    expect((await server.nodes()).map(({ metadata }) => metadata?.name)).toEqual(["server-0"]);
  });
});

test("up has no workers: its nodes call the API server in their own thread", async () => {
  await using sandbox = await createSandbox();
  const message = "--workers: expected 1 where the control plane is in the same process, found 2";
  expectRefusal(await sandbox.run(["up", ...twentyInTwo]), 2, message);
});

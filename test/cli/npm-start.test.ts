import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createSandbox } from "./sandbox.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("npm start runs 100 nodes, and Ctrl-C in its terminal leaves nothing behind", async () => {
  await using sandbox = await createSandbox();
  const { path } = sandbox.folder;
  // A group of its own: a terminal sends Ctrl-C to npm and to the program alike.
  const npm = spawn("npm", ["start", "--silent", "--no-update-notifier"], {
    cwd: root,
    detached: true,
    env: { ...process.env, TMPDIR: path, npm_config_cache: `${path}/npm` },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const group = -(npm.pid ?? 0);
  expect(group).toBeLessThan(0);
  const ended = new Promise((resolve) => npm.once("close", resolve));
  try {
    await new Promise<void>((resolve, reject) => {
      let output = "";
      npm.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("Press Ctrl-C")) resolve();
      });
      void ended.then(() => reject(new Error(`npm start ended: ${output}`)));
    });
    const beganMs = performance.now();
    process.kill(group, "SIGINT");
    await ended; // Standard output is closed: the program has ended, and not only npm.
    expect(performance.now() - beganMs).toBeLessThan(2_000);
    expect(() => process.kill(group, 0)).toThrow("ESRCH");
    expect(await sandbox.leftovers(["npm"])).toEqual([]);
  } finally {
    try {
      process.kill(group, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}, 60_000);

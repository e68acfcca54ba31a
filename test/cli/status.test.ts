import { describe, expect, test } from "vitest";
import { openIndependently } from "../harness/independent-client.ts";
import { createSandbox, expectRefusal } from "./sandbox.ts";

describe("status", () => {
  test("shows a fleet that runs, and fails once it is gone", async () => {
    await using sandbox = await createSandbox();
    await using plane = sandbox.start(["up", "--nodes", "3", "--fleet", "own"]);
    const [, kubeconfig = ""] = await plane.waitFor(/export KUBECONFIG=(\S+)/);
    await plane.waitFor(/Press Ctrl-C/);
    const status = (...more: readonly string[]) =>
      sandbox.run(["status", "--kubeconfig", kubeconfig, ...more]);

    const args = ["join", "--kubeconfig", kubeconfig, "--nodes", "2", "--fleet", "guest"];
    const names = ["--name-template", "guest-{index}", "--metrics-port", "0"];
    await using guests = sandbox.start([...args, ...names]);
    await guests.waitFor(/Press Ctrl-C/);
    const [, metrics = ""] = await guests.waitFor(/^Metrics: (\S+)$/m);

    const all = await status();
    expect(all).toMatchObject({ code: 0, stderr: "" });
    const rows = all.stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(rows[0]?.slice(0, 6)).toEqual([
      "FLEET",
      "NODES",
      "READY",
      "NOT READY",
      "UNKNOWN",
      "OLDEST LEASE",
    ]);
    expect(rows[1]?.slice(0, 5)).toEqual(["guest", "2/2", "2", "0", "0"]);
    expect(rows[1]?.at(-1)).toBe(metrics);
    expect(rows[2]?.slice(0, 5)).toEqual(["own", "3/3", "3", "0", "0"]);
    expect(rows[2]?.at(-1)).toBe("<none>");

    await guests.stop("SIGKILL");
    await openIndependently(kubeconfig).core.deleteNode({ name: "guest-1" });
    const one = await status("--fleet", "guest", "-o", "json");
    expect(one.code).toBe(1);
    expect(JSON.parse(one.stdout)).toMatchObject({
      ready: false,
      fleets: [{ fleet: "guest", nodes: { wanted: 2, registered: 1, ready: 1 } }],
    });
    expect(await status("--fleet", "nobody")).toMatchObject({
      code: 1,
      stdout: "No fleets found.\n",
    });
  });

  test("where nobody answers fails in one line", async () => {
    await using sandbox = await createSandbox();
    const run = await sandbox.run(["status"]);
    expectRefusal(run, 1, /kubeconfig|KUBECONFIG/);
  });
});

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { createCluster, nodes, OptionError } from "../../src/index.ts";
import { runCommand } from "../control-plane/processes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("createCluster", () => {
  test("gives a cluster whose nodes are Ready, and ends it where `await using` ends", async () => {
    let port = 0;
    {
      await using cluster = await createCluster({ nodes: 10 });
      port = Number(new URL(cluster.controlPlane.url).port);
      expect(cluster.status().nodes).toEqual({ wanted: 10, registered: 10, ready: 10 });
      const { items } = await cluster.client.list(nodes);
      expect(items.map(({ metadata }) => metadata.name)).toContain("hollow-9");
      expect(await canConnect(port)).toBe(true);
    }
    expect(await canConnect(port)).toBe(false);
  });

  test("rejects options that make no sense before it starts anything", async () => {
    const fleet = { groups: [{ count: 2, nameTemplate: "n" }] };
    await expect(createCluster({ fleet })).rejects.toThrow(OptionError);
    await expect(createCluster({ fleet })).rejects.toThrow(
      'groups[0].nameTemplate: gives the name "n" to two nodes',
    );
    await expect(createCluster({ nodes: 0 })).rejects.toThrow(
      "groups[0].count: expected a whole number from 1 to 100000, found 0",
    );
  });

  test("rejects with the reason of its signal, and leaves nothing running", async () => {
    const controller = new AbortController();
    let port = 0;
    const promise = createCluster({
      nodes: 10,
      signal: controller.signal,
      onProgress(progress) {
        if (progress.kind !== "control-plane") return;
        port = Number(new URL(progress.controlPlane.url).port);
        controller.abort(new Error("enough"));
      },
    });
    await expect(promise).rejects.toThrow("enough");
    expect(port).toBeGreaterThan(0);
    expect(await canConnect(port)).toBe(false);
  });
});

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}

describe("each example runs to its end", () => {
  beforeAll(async () => {
    const built = await runCommand("npm", ["run", "-s", "build:tools"], { cwd: root });
    expect(built.code, built.stdout).toBe(0);
  }, 120_000);

  test.each(readdirSync(new URL("../../examples", import.meta.url)))(
    "%s",
    async (name) => {
      const program = `build/examples/${name}/main.js`;
      const run = await runCommand(process.execPath, [program], { cwd: root, timeoutMs: 60_000 });
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout.trim().split("\n").length).toBeGreaterThan(1);
    },
    70_000,
  );
});

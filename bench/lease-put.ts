import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ClientTask } from "./lease-put-client.ts";
import type { Figure } from "./results.ts";

/** 5,000 nodes that renew a Lease each every 10 s. */
const perSecond = 500;
const watchCount = 5_000;

/**
 * What the two implementations of HTTP/2 cost: CPU of a Lease's PUT, memory of a watch. Each client
 * is a process of its own, against one server process that speaks `node:http2`.
 */
export async function benchLeasePut(): Promise<readonly Figure[]> {
  const server = fork(program("lease-put-server"));
  try {
    const port = Number(await firstMessage(server));
    const run = (http2: ClientTask["http2"], work: ClientTask["work"]): Promise<number> =>
      runClient({ port, http2, work });
    const figures: Figure[] = [];
    for (const tickMs of [50, 250]) {
      const work = { kind: "leases", perSecond, tickMs } as const;
      const node = await run("node", work);
      const own = await run("own", work);
      const note = `own ${own.toFixed(0)} µs, node:http2 ${node.toFixed(0)} µs a PUT`;
      figures.push({ name: `http2-lease-put-${tickMs}ms-cpu-ratio`, value: own / node, note });
    }
    const work = { kind: "watches", count: watchCount } as const;
    const node = await run("node", work);
    const own = await run("own", work);
    const note = `own ${kilobytes(own)}, node:http2 ${kilobytes(node)} a watch`;
    figures.push({ name: "http2-open-watch-rss-ratio", value: own / node, note });
    return figures;
  } finally {
    server.kill();
  }
}

async function runClient(task: ClientTask): Promise<number> {
  const execArgv = ["--expose-gc"];
  const client = fork(program("lease-put-client"), [JSON.stringify(task)], { execArgv });
  const result = Number(await firstMessage(client));
  await once(client, "exit");
  return result;
}

async function firstMessage(child: ChildProcess): Promise<unknown> {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code}`);
  });
  const [message] = await Promise.race([once(child, "message"), failed]);
  return message;
}

function program(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

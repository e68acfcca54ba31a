import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Figure } from "../results.ts";
import type { ClientResult, ClientTask, ClientWork, SendEvents } from "./protocol.ts";

const count = 2_000;

/**
 * What a connection for each node costs: memory of one with its five watches, CPU to open it, of a
 * Lease, of an event. Each client is a process of its own, against one server process that speaks
 * `node:http2`.
 */
export async function benchConnections(): Promise<readonly Figure[]> {
  const tls = await run({ kind: "tls" });
  const node = await run({ kind: "leases" });
  const figures: Figure[] = [
    {
      name: "connection-rss-kb",
      value: (node.rssBytes - tls.rssBytes) / 1_000,
      note: `${kilobytes(node.rssBytes)} with five watches, less ${kilobytes(tls.rssBytes)} of TLS alone`,
    },
    {
      name: "connection-open-cpu-ratio",
      value: node.openUs / tls.openUs,
      note: `${node.openUs.toFixed(0)} µs with five watches, TLS alone ${tls.openUs.toFixed(0)} µs`,
    },
    {
      name: "connection-lease-us",
      value: node.workUs,
      note: "CPU of a Lease, each on a connection of its own",
    },
  ];
  for (const format of ["json", "vnd.kubernetes.protobuf"] as const) {
    const contentType = `application/${format}` as const;
    const own = await run({ kind: "events", contentType, areSame: false });
    const same = await run({ kind: "events", contentType, areSame: true });
    figures.push({
      name: `connection-same-event-${format === "json" ? format : "protobuf"}-cpu-ratio`,
      value: same.workUs / own.workUs,
      note: `${same.workUs.toFixed(0)} µs of an event that goes to all, ${own.workUs.toFixed(0)} µs of a pod of its own`,
    });
  }
  return figures;
}

async function run(work: ClientWork): Promise<ClientResult> {
  const server = fork(program("server"));
  try {
    const port = Number(await firstMessage(server));
    const task: ClientTask = { port, http2: "own", count, work };
    const execArgv = ["--expose-gc"];
    const client = fork(program("client"), [JSON.stringify(task)], { execArgv });
    for (;;) {
      const message = (await firstMessage(client)) as ClientResult | SendEvents;
      if ("rssBytes" in message) return message;
      server.send(message);
    }
  } finally {
    server.kill();
  }
}

async function firstMessage(child: ChildProcess): Promise<unknown> {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code}`);
  });
  failed.catch(() => {}); // It ends in its own time.
  const [message] = await Promise.race([once(child, "message"), failed]);
  return message;
}

function program(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

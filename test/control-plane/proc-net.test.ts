import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { connectionsOf, parseInodes } from "./proc-net.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C351 0100007F:1F90 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000
   3: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0000000000000000 20 4 30 10 -1
`;

test("connected sockets of a remote port are found, not those that listen or are closed", () => {
  expect(parseInodes(table, 8_080)).toEqual(["12"]);
});

test("a process's own connections are counted, a process that is gone has none", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const sockets = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const noProcess = 2 ** 22 + 1; // One more than Linux ever gives.
  expect(await connectionsOf([process.pid, noProcess], port)).toEqual([2, 0]);
  for (const socket of sockets) socket.destroy();
  server.close();
});

import { expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { createSystemClock } from "../base/system-clock.ts";
import type { ApiRequest } from "../k8s/transport.ts";
import type { ConnectionObserver } from "./http2-pool.ts";
import { createHttp2Transport } from "./http2-transport.ts";
import { serverCertificate } from "./test-certificates.fixture.ts";
import { respondJson, startTestServer, until } from "./test-server.fixture.ts";

const env = { clock: createSystemClock({ tickMs: 1 }), log: silentLog };
const get: ApiRequest = { method: "GET", path: "/api/v1/nodes" };
const tls = { ca: serverCertificate.cert };

test.each(["own", "node"] as const)(
  "%s: connections are told of, from first to last",
  async (http2) => {
    const heard: string[] = [];
    const observer: ConnectionObserver = {
      opened: (again) => heard.push(again ? "opened again" : "opened"),
      closed: () => heard.push("closed"),
      failed: () => heard.push("failed"),
    };
    const server = await startTestServer(serverCertificate, ({ stream }) =>
      respondJson(stream, {}),
    );
    await using transport = createHttp2Transport({ server: server.url, tls }, env, {
      http2,
      observer,
    });
    await transport(get);
    expect(heard).toEqual(["opened"]);
    for (const session of server.sessions) session.destroy();
    await until(() => heard.length === 2);
    await transport(get);
    await server[Symbol.asyncDispose]();
    await until(() => heard.length === 4);
    await expect(transport(get)).rejects.toThrow();
    expect(heard).toEqual(["opened", "closed", "opened again", "closed", "failed"]);
  },
);

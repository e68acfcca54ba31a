import { expect, test } from "vitest";
import { createTestEnv } from "../base/test-env.ts";
import { type Client, createClient } from "../client/index.ts";
import { deployments, replicaSets } from "../k8s/resources.ts";
import { type Transport, TransportError } from "../k8s/transport.ts";
import { deploymentOf, startPlane } from "./controllers.fixture.ts";
import { type ControllersOptions, controllerNames, startControllers } from "./index.ts";

/** A server that nobody reaches. */
function deadClient(): Client {
  return createClient({
    transport: async () => {
      throw new TransportError("unreachable", "connect 127.0.0.1:1: connection refused");
    },
  });
}

test("all controllers run, but those of an authority only if there is one", async () => {
  const namesWith = async (options: Omit<ControllersOptions, "client">) => {
    await using controllers = startControllers(
      { client: deadClient(), ...options },
      createTestEnv(),
    );
    return controllers.names;
  };
  const authoritys = [
    "root-ca-certificate-publisher-controller",
    "certificatesigningrequest-signing-controller",
  ];
  const all = { rootCaPem: "PEM", signCertificate: () => "PEM" };
  expect(await namesWith(all)).toEqual(controllerNames);
  expect(await namesWith({})).toEqual(controllerNames.filter((name) => !authoritys.includes(name)));
  expect(await namesWith({ only: ["namespace-controller"] })).toEqual(["namespace-controller"]);
});

test.each<{ name: string; options: object; message: string }>([
  {
    name: "an unknown controller",
    options: { only: ["deployment"] },
    message: "controllers.only: expected one of deployment-controller, ",
  },
  {
    name: "a negative time",
    options: { nodeLifecycle: { monitorGracePeriodMs: -1 } },
    message: "controllers.nodeLifecycle.monitorGracePeriodMs: must be at least 0; found -1",
  },
  {
    name: "a period that leaves no rest",
    options: { nodeLifecycle: { monitorPeriodMs: 1 } },
    message: "controllers.nodeLifecycle.monitorPeriodMs: must be at least 10",
  },
  {
    name: "a network that cannot be shared out",
    options: { clusterCidr: "10.0.0.0/30" },
    message: "controllers.clusterCidr: expected an IPv4 network of 8 to 24 bits",
  },
])("$name is refused before anything is started", ({ options, message }) => {
  const requests: string[] = [];
  const transport: Transport = async ({ path }) => {
    requests.push(path);
    return { status: 404, headers: {}, body: { kind: "none" } };
  };
  const client = createClient({ transport });
  expect(() => startControllers({ client, ...options }, createTestEnv())).toThrow(message);
  expect(requests).toEqual([]);
});

test("once they are stopped, nothing is done any more", async () => {
  const plane = await startPlane();
  await plane.stopControllers();
  await plane.client.create(deployments, deploymentOf("web"));
  await plane.clock.advance(60_000);
  expect((await plane.client.list(replicaSets)).items).toEqual([]);
  await plane[Symbol.asyncDispose]();
});

test("without a server they wait, and stop when they are told to", async () => {
  const env = createTestEnv();
  const controllers = startControllers({ client: deadClient(), rootCaPem: "PEM" }, env);
  await env.clock.advance(600_000);
  await controllers[Symbol.asyncDispose]();
});

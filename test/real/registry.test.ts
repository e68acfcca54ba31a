import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { expect, test } from "vitest";
import { play, recordUrl, type Send, scripts } from "../conformance/registry/play.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { eventually } from "./cluster-objects.ts";

interface Server {
  readonly url: string;
  readonly adminToken: string;
  readonly caFile: string;
}

/** Sends requests to a real kube-apiserver. */
async function createSend({ url, adminToken, caFile }: Server): Promise<Send> {
  const agent = new Agent({ ca: await readFile(caFile), keepAlive: false });
  return (method, path, body, headers) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? "" : JSON.stringify(body);
      const options = {
        agent,
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${adminToken}`,
          // Without it, node sends no body with a DELETE.
          "content-length": Buffer.byteLength(content),
        },
      };
      const sent = request(new URL(path, url), options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers["content-type"]?.startsWith("application/json");
          resolve({
            status: response.statusCode ?? 0,
            value: isJson ? JSON.parse(text) : text,
          });
        });
      });
      sent.on("error", reject);
      sent.end(content);
    });
}

/** What kube-apiserver and its controllers may still be making when it calls itself ready. */
const firstObjects = [
  "/api/v1/namespaces/default/serviceaccounts/default",
  "/api/v1/namespaces/default/endpoints/kubernetes",
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes",
  "/apis/networking.k8s.io/v1/servicecidrs/kubernetes",
  "/apis/networking.k8s.io/v1/ipaddresses/172.30.0.1",
];

// One control plane a script, so that each begins with what a new cluster has.
test.each(scripts)("the record of kube-apiserver's answers is true: %s", async (script) => {
  await using controlPlane = await startControlPlane({
    version: "v1.34.4",
    scheduler: false,
    // It makes the service accounts that pods need; otherwise nothing but the script acts.
    extraArguments: { "kube-controller-manager": ["--controllers=serviceaccount-controller"] },
  });
  const send = await createSend(controlPlane);
  await eventually("the objects of a new cluster are there", async () => {
    const answers = await Promise.all(firstObjects.map((path) => send("GET", path, undefined, {})));
    return answers.every(({ status }) => status === 200);
  });
  const answers = await play(script, send);
  await expect(answers).toMatchFileSnapshot(recordUrl(script).pathname);
});

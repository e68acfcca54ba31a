import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { serverCertificate } from "../src/client/test-certificates.fixture.ts";

/** A process that answers any request as kube-apiserver does the PUT of a Lease; watches stay open. */
const server = createSecureServer({
  ...serverCertificate,
  settings: { maxConcurrentStreams: 100 },
});
const lease = JSON.stringify({
  kind: "Lease",
  apiVersion: "coordination.k8s.io/v1",
  metadata: {
    name: "hollow-4999",
    namespace: "kube-node-lease",
    uid: "0cbca65a-5b4c-4fd1-b6c1-2f8d0d1e1c44",
    resourceVersion: "123456",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { "hollowmark/fleet": "default" },
    managedFields: [{ manager: "hollowmark", operation: "Update", fieldsV1: "x".repeat(500) }],
  },
  spec: { holderIdentity: "hollow-4999", leaseDurationSeconds: 40 },
});

server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  if (String(headers[":path"]).includes("watch=true")) {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.write("\n");
    return;
  }
  stream.respond({
    ":status": 200,
    "audit-id": crypto.randomUUID(),
    "cache-control": "no-cache, private",
    "content-type": "application/json",
    "x-kubernetes-pf-flowschema-uid": "5d4a5e2c-7c0c-4f25-9d0a-36a1b1a07d51",
    "x-kubernetes-pf-prioritylevel-uid": "b4c1d0e5-33b4-44a5-8b4b-41a1d2d7c7f1",
    "content-length": lease.length,
  });
  stream.resume();
  stream.end(lease);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());

import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { serverCertificate } from "../../src/client/test-certificates.fixture.ts";
import type { JsonObject } from "../../src/k8s/json.ts";
import { encodeProtobufWatchEvent } from "../../src/k8s/protobuf-watch-frames.ts";
import type { WatchEvent } from "../../src/k8s/transport.ts";
import { encodeWatchEvent } from "../../src/k8s/watch-frames.ts";
import { podOf } from "./pod.ts";
import type { SendEvents } from "./protocol.ts";

/** A process that answers as kube-apiserver does; watches stay open, and get events when they are asked for. */
const server = createSecureServer({
  ...serverCertificate,
  settings: { maxConcurrentStreams: 100 },
});
const podWatches = new Map<ServerHttp2Stream, "json" | "protobuf">();
const lease = JSON.stringify({
  kind: "Lease",
  apiVersion: "coordination.k8s.io/v1",
  metadata: {
    name: "hollow-4999",
    namespace: "kube-node-lease",
    uid: "0cbca65a-5b4c-4fd1-b6c1-2f8d0d1e1c44",
    resourceVersion: "123456",
    creationTimestamp: "2026-01-01T00:00:00Z",
    managedFields: [{ manager: "hollowmark", operation: "Update", fieldsV1: "x".repeat(500) }],
  },
  spec: { holderIdentity: "hollow-4999", leaseDurationSeconds: 40 },
});

server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  const path = String(headers[":path"]);
  if (!path.includes("watch=true")) {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.resume();
    stream.end(lease);
    return;
  }
  const kind = String(headers["accept"]).includes("protobuf") ? "protobuf" : "json";
  const type = kind === "json" ? "application/json" : "application/vnd.kubernetes.protobuf";
  stream.respond({ ":status": 200, "content-type": `${type};stream=watch` });
  if (!path.startsWith("/api/v1/pods")) return;
  podWatches.set(stream, kind);
  stream.on("close", () => podWatches.delete(stream));
});

function sendRound(round: number, areSame: boolean): void {
  let index = 0;
  for (const [stream, kind] of podWatches) {
    const object = podOf(areSame ? round : round * podWatches.size + index) as JsonObject;
    const event: WatchEvent = { type: "MODIFIED", object };
    stream.write(kind === "json" ? encodeWatchEvent(event) : encodeProtobufWatchEvent(event));
    index += 1;
  }
}

process.on("message", (message) => {
  const { rounds, areSame } = message as SendEvents;
  let round = 0;
  const timer = setInterval(() => {
    sendRound(round, areSame);
    round += 1;
    if (round === rounds) clearInterval(timer);
  }, 1_000);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());

import type { Env } from "../base/env.ts";
import { toTime } from "../base/rfc3339.ts";
import type { JsonObject } from "../k8s/json.ts";
import { mapEach, mapStruct, numberAt } from "../k8s/json-fields.ts";
import type { Catalog } from "./catalog.ts";
import type { Collection } from "./store/collection.ts";
import { asStored } from "./verbs/draft.ts";

/** Where the API server is reached. */
export interface AdvertisedEndpoint {
  /** An IP address (`--advertise-address`). */
  readonly address: string;
  readonly port: number;
}

/** Who listens on all addresses is reached on this one by those on the same machine. */
const unspecified: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
const namespace = "default";
const name = "kubernetes";
const key = `${namespace}/${name}`;

/**
 * Publishes the endpoints of the service `kubernetes`, as kube-apiserver does itself
 * (`pkg/controlplane/reconcilers`): the service has no selector, so no controller would. Past the
 * checks of other clients, which allow no loopback address.
 */
export function publishOwnEndpoints(
  { collection }: Catalog,
  { address: given, port }: AdvertisedEndpoint,
  env: Pick<Env, "clock" | "random">,
): void {
  const address = unspecified[given] ?? given;
  const ports = [{ name: "https", port, protocol: "TCP" }];
  put(collection("", "services"), env, (service) =>
    mapStruct(service, "spec", (spec) =>
      mapEach(spec, "ports", (each) => ({ ...each, targetPort: port })),
    ),
  );
  put(collection("", "endpoints"), env, (endpoints) => ({
    apiVersion: "v1",
    kind: "Endpoints",
    ...withLabel(endpoints, "endpointslice.kubernetes.io/skip-mirror", "true"),
    subsets: [{ addresses: [{ ip: address }], ports }],
  }));
  put(collection("discovery.k8s.io", "endpointslices"), env, (slice) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    ...withLabel(counted(slice), "kubernetes.io/service-name", name),
    addressType: address.includes(":") ? "IPv6" : "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  }));
}

function counted(object: JsonObject): JsonObject {
  return mapStruct(object, "metadata", (metadata) => ({
    ...metadata,
    generation: (numberAt(metadata, "generation") ?? 0) + 1,
  }));
}

function withLabel(object: JsonObject, label: string, value: string): JsonObject {
  return mapStruct(object, "metadata", (metadata) =>
    mapStruct(metadata, "labels", (labels) => ({ ...labels, [label]: value })),
  );
}

/** Writes the object of that name in whatever state it is, or makes it. */
function put(
  collection: Collection | undefined,
  { clock, random }: Pick<Env, "clock" | "random">,
  change: (object: JsonObject) => JsonObject,
): void {
  const current = collection?.get(key);
  const metadata = {
    name,
    namespace,
    uid: random.uuid(),
    resourceVersion: "",
    creationTimestamp: toTime(clock.nowMs()),
  };
  collection?.put(asStored(change(current ?? { metadata })), current?.metadata.resourceVersion);
}

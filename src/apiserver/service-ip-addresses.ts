import type { Env } from "../base/env.ts";
import { toTime } from "../base/rfc3339.ts";
import type { JsonObject } from "../k8s/json.ts";
import { objectAt, stringAt } from "../k8s/json-fields.ts";
import type { Collection } from "./store/collection.ts";
import type { StoredObject } from "./store/stored-object.ts";
import type { Watcher } from "./store/watchers.ts";

/**
 * Keeps an IPAddress for each cluster IP of a service, as the allocator of kube-apiserver does
 * (`pkg/registry/core/service/ipallocator`). Here the services themselves say what is taken; these
 * objects follow within the same turn of the event loop, for those who list or watch them.
 */
export function followServiceAddresses(
  services: Collection,
  addresses: Collection,
  { clock, random }: Pick<Env, "clock" | "random">,
): Watcher {
  /** By the UID of the service: the address that is kept for it. */
  const kept = new Map<string, string>();
  const drop = (uid: string): void => {
    const address = kept.get(uid) ?? "";
    kept.delete(uid);
    const object = addresses.get(address);
    if (object !== undefined) addresses.remove(address, object.metadata.resourceVersion);
  };
  const follow = (service: JsonObject, isGone: boolean): void => {
    const uid = stringAt(objectAt(service, "metadata"), "uid");
    const address = isGone ? undefined : clusterIpOf(service);
    if (kept.get(uid) === address) return;
    drop(uid);
    if (address === undefined || addresses.get(address) !== undefined) return;
    kept.set(uid, address);
    addresses.put(ipAddressOf(service, address, toTime(clock.nowMs()), random.uuid()), undefined);
  };
  return services.watch(
    {},
    {
      events(batch) {
        for (const { type, object } of batch) follow(object, type === "DELETED");
      },
      closed() {},
    },
  );
}

function ipAddressOf(
  service: JsonObject,
  address: string,
  creationTimestamp: string,
  uid: string,
): StoredObject {
  const { name, namespace } = objectAt(service, "metadata");
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: address,
      uid,
      resourceVersion: "",
      creationTimestamp,
      labels: {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef: { resource: "services", namespace, name } },
  };
}

/** `None` is no address, nor is that of an external name. */
function clusterIpOf(service: JsonObject): string | undefined {
  const clusterIP = stringAt(objectAt(service, "spec"), "clusterIP");
  return clusterIP === "" || clusterIP === "None" ? undefined : clusterIP;
}

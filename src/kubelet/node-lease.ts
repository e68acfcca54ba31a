import { toMicroTime } from "../base/rfc3339.ts";
import type { Client } from "../client/index.ts";
import type { JsonObject } from "../k8s/json.ts";
import { collectionPath, leases, objectPath } from "../k8s/resources.ts";
import type { ApiResponse, HttpMethod } from "../k8s/transport.ts";
import { jsonHeaders, resourceVersionOf } from "./answers.ts";
import { fleetLabel, leaseNamespace, type NodeIdentity } from "./node-template.ts";

/** Whether the API server took it; if not, the HTTP status says why. */
export type LeaseRenewal =
  | { readonly kind: "renewed" }
  | { readonly kind: "refused"; readonly code: number };

/** The Lease by which a node says that it is alive. */
export interface NodeLease {
  /**
   * Makes the Lease or renews it, in one request unless somebody else has changed it: it is written
   * with the resource version of the last answer, and nobody else has business with it.
   *
   * @throws TransportError
   */
  renew(client: Client, nowMs: number, signal: AbortSignal): Promise<LeaseRenewal>;
  /** The Node has been registered again: its Lease belongs to the new one. */
  nodeUid: string;
}

/** Seconds that a Lease is good for: `nodeLeaseDurationSeconds` of the kubelet. */
const leaseDurationS = 40;
/** How often a renewal is tried again at once, after a look at what is there. */
const attemptsMax = 3;

/** The Lease of one node, as `component-helpers/apimachinery/lease/controller.go` keeps it. */
export function createNodeLease(node: NodeIdentity, nodeUid: string): NodeLease {
  return new LeaseOfNode(node, nodeUid);
}

class LeaseOfNode implements NodeLease {
  readonly #node: NodeIdentity;
  nodeUid: string;
  /** Of the last answer; 0 when the Lease is not known to exist. */
  #version = 0;

  constructor(node: NodeIdentity, nodeUid: string) {
    this.#node = node;
    this.nodeUid = nodeUid;
  }

  async renew(client: Client, nowMs: number, signal: AbortSignal): Promise<LeaseRenewal> {
    let code = 0;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const response = await this.#write(client, nowMs, signal);
      code = response.status;
      if (code < 300) {
        this.#version = resourceVersionOf(response);
        return { kind: "renewed" };
      }
      if (code === 404 && this.#version !== 0) {
        // It was deleted, with its Node or by hand.
        this.#version = 0;
      } else if (code === 409) {
        // An earlier run has left it, or it was changed by hand.
        const found = await client.request({
          method: "GET",
          path: this.#path(),
          headers: jsonHeaders,
          signal,
        });
        this.#version = found.status < 300 ? resourceVersionOf(found) : 0;
      } else {
        break;
      }
    }
    return { kind: "refused", code };
  }

  #write(client: Client, nowMs: number, signal: AbortSignal): Promise<ApiResponse> {
    const exists = this.#version !== 0;
    const method: HttpMethod = exists ? "PUT" : "POST";
    const path = exists ? this.#path() : collectionPath(leases, leaseNamespace);
    const value = this.#object(nowMs);
    return client.request({
      method,
      path,
      headers: jsonHeaders,
      body: { kind: "object", value },
      signal,
    });
  }

  #path(): string {
    return objectPath(leases, { namespace: leaseNamespace, name: this.#node.name });
  }

  #object(nowMs: number): JsonObject {
    const { name, template } = this.#node;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace: leaseNamespace,
        ...(this.#version === 0 ? {} : { resourceVersion: String(this.#version) }),
        labels: { [fleetLabel]: template.fleet },
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid: this.nodeUid }],
      },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: leaseDurationS,
        renewTime: toMicroTime(nowMs),
      },
    };
  }
}

import type { ReflectorStore } from "../client/index.ts";
import type { Node } from "../k8s/types/core.ts";

const zoneLabel = "topology.kubernetes.io/zone";

/** What a proxy keeps of its Node. */
export class NodeView implements ReflectorStore<Node> {
  zone: string | undefined;
  hasAddress = false;
  readonly #zoneChanged: () => void;

  constructor(zoneChanged: () => void) {
    this.#zoneChanged = zoneChanged;
  }

  beginList(): void {}

  endList(): void {}

  apply(node: Node): void {
    this.hasAddress = hasNodeAddress(node);
    const zone = node.metadata.labels?.[zoneLabel];
    if (zone === this.zone) return;
    this.zone = zone;
    this.#zoneChanged();
  }

  /** kube-proxy takes no notice: its Node comes again, or the proxy goes with it. */
  remove(): void {}
}

/** Whether it has what kube-proxy takes for the node's addresses (`GetNodeHostIPs`). */
export function hasNodeAddress({ status }: Node): boolean {
  const addresses = status?.addresses ?? [];
  return addresses.some(({ type }) => type === "InternalIP" || type === "ExternalIP");
}

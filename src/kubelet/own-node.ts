import type { ReflectorStore } from "../client/index.ts";
import type { Node } from "../k8s/types/core.ts";
import { fleetLabel, type NodeIdentity } from "./node-template.ts";

/** What a kubelet sees of its own Node by its watch: what the node lister is to a real one. */
export class OwnNode implements ReflectorStore<Node> {
  /** As the API server has it; without the managed fields, which nobody asks for. */
  node: Node | undefined;
  hasSynced = false;
  readonly #onChange: () => void;
  #isListing = false;
  #whenSynced: (() => void)[] | undefined;

  /** @param onChange called after each change of `node`, and once it has synced */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Resolves once the first list is in. */
  synced(): Promise<void> {
    if (this.hasSynced) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenSynced ??= [];
      this.#whenSynced.push(resolve);
    });
  }

  beginList(): void {
    this.#isListing = true;
  }

  endList(): void {
    // Nothing was applied since the list began.
    if (this.#isListing) this.node = undefined;
    this.#isListing = false;
    this.hasSynced = true;
    this.#onChange();
    for (const resolve of this.#whenSynced ?? []) resolve();
    this.#whenSynced = undefined;
  }

  apply(node: Node): void {
    this.#isListing = false;
    const { managedFields: _, ...metadata } = node.metadata as Node["metadata"] & {
      readonly managedFields?: unknown;
    };
    this.node = { ...node, metadata };
    if (this.hasSynced) this.#onChange();
  }

  remove(): void {
    this.node = undefined;
    this.#onChange();
  }
}

/** Why a Node is not ours to touch; undefined if it is. */
export function foreignNode({ name, template }: NodeIdentity, found: Node): string | undefined {
  const owner = found.metadata.labels?.[fleetLabel];
  const { fleet } = template;
  if (owner === fleet) return undefined;
  const label = owner === undefined ? "it has no such label" : `it is labelled ${owner}`;
  return `node "${name}" exists and does not belong to this fleet: expected the label ${fleetLabel}=${fleet}, ${label}`;
}

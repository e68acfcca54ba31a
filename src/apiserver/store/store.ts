import type { Env } from "../../base/env.ts";
import { type Collection, type CollectionOptions, createCollection } from "./collection.ts";

/** All collections of a server. They share one counter of revisions, as they would in etcd. */
export interface Store {
  /** The revision of the latest write. */
  readonly revision: number;
  /** A new, empty collection. */
  open(options?: CollectionOptions): Collection;
  /** Ends all watches, and the expiry of objects. */
  close(): void;
}

/** A store in memory. */
export function createStore({ clock }: Pick<Env, "clock">): Store {
  // Clients take "0" for "any state", so the first state has revision 1.
  let revision = 1;
  const collections: Collection[] = [];
  const revisions = {
    next: () => {
      revision += 1;
      return revision;
    },
    clock,
  };
  return {
    get revision() {
      return revision;
    },
    open: (options = {}) => {
      const collection = createCollection(options, revisions);
      collections.push(collection);
      return collection;
    },
    close: () => {
      for (const collection of collections) collection.close();
    },
  };
}

import { sleep } from "../../base/clock.ts";
import { createInformer, type Informer } from "../../client/index.ts";
import type { Resource } from "../../k8s/resources.ts";
import type { KubeObject } from "../../k8s/types/meta.ts";
import { type ApiResource, discoverResources } from "../api-resources.ts";
import type { ControllerContext } from "../controller-context.ts";

/** How often the server is asked which types it serves, as kube-controller-manager does. */
const discoveryPeriodMs = 30_000;

/** A type whose objects are followed. */
export interface WatchedType {
  readonly resource: Resource;
  readonly informer: Informer<KubeObject>;
}

/** All types that can own or be owned, as they come and go with custom resources. */
export interface WatchedTypes {
  byName(name: string): WatchedType | undefined;
  /** By group and kind, as an owner reference names a type; of whatever version. */
  byKind(group: string, kind: string): WatchedType | undefined;
  values(): Iterable<WatchedType>;
  /** Resolves when the signal was given and all has ended. */
  readonly stopped: Promise<void>;
}

/** `plural.group`: the name of a type in the keys of the collector. */
export function typeName({ plural, group }: Resource): string {
  return `${plural}.${group}`;
}

/** Follows types that the server serves, from now on; `added` is called once for each. */
export function watchTypes(
  context: ControllerContext,
  added: (type: WatchedType) => void,
): WatchedTypes {
  const { client, informers, env, signal } = context;
  const byName = new Map<string, WatchedType>();
  const byKind = new Map<string, WatchedType>();
  /** The informers that nobody else uses, by type. */
  const owned = new Map<string, Informer<KubeObject>>();

  const add = (resource: ApiResource): void => {
    const name = typeName(resource);
    const shared = informers.sharedOf(resource);
    const informer = shared ?? createInformer(client, resource, { transform: trim }, env);
    if (shared === undefined) {
      owned.set(name, informer);
      informer.synced.catch(() => undefined);
    }
    const type = { resource, informer };
    byName.set(name, type);
    byKind.set(`${resource.kind}.${resource.group}`, type);
    added(type);
  };
  const remove = async ({ resource, informer }: WatchedType): Promise<void> => {
    const name = typeName(resource);
    byName.delete(name);
    byKind.delete(`${resource.kind}.${resource.group}`);
    if (owned.delete(name)) await informer[Symbol.asyncDispose]();
  };
  const refresh = async (): Promise<void> => {
    const served = (await discoverResources(client)).filter(isCollectable);
    const names = new Set(served.map(typeName));
    for (const resource of served) if (!byName.has(typeName(resource))) add(resource);
    for (const [name, type] of byName) if (!names.has(name)) await remove(type);
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await refresh();
      } catch (error) {
        if (!signal.aborted) env.log.warn("Discovery failed; trying again", { error });
      }
      await sleep(env.clock, discoveryPeriodMs, signal).catch(() => undefined);
    }
    await Promise.all([...owned.values()].map((informer) => informer[Symbol.asyncDispose]()));
  };
  return {
    byName: (name) => byName.get(name),
    byKind: (group, kind) => byKind.get(`${kind}.${group}`),
    values: () => byName.values(),
    stopped: run(),
  };
}

function isCollectable({ plural, verbs }: ApiResource): boolean {
  // Events own nothing, nobody owns them, and there are many.
  return plural !== "events" && ["delete", "list", "watch"].every((verb) => verbs.includes(verb));
}

function trim({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata };
}

import { expect, test } from "vitest";
import { configMaps } from "../k8s/resources.ts";
import { isApiError } from "../k8s/status.ts";
import type { Transport, WatchEvent } from "../k8s/transport.ts";
import type { ConfigMap } from "../k8s/types/core.ts";
import type { ToCreate } from "../k8s/types/meta.ts";
import { createClient } from "./api-client.ts";
import type { Client } from "./client.ts";
import type { ContentType } from "./content-type.ts";

/** A transport to an API server whose namespace `default` may be written to. */
export interface ContractSubject extends AsyncDisposable {
  readonly transport: Transport;
  /** What the clients of the suite speak. Default JSON. */
  readonly contentType?: ContentType;
}

interface Watched {
  readonly batches: (readonly WatchEvent[])[];
  readonly closed: Promise<unknown>;
  stop(): void;
}

const namespace = "default";
/** Of the suite, since runs may share a server: what they make has names and labels of their own. */
let runs = 0;

/** What every transport to an API server does, whether it has a network under it or not. */
export function transportContract(name: string, open: () => Promise<ContractSubject>): void {
  runs += 1;
  const run = `${process.pid}-${runs}`;
  const labelled = (label: string): string => `contract=${run}-${label}`;
  let made = 0;
  const configMap = (
    label: string,
    data: Readonly<Record<string, string>> = {},
  ): ToCreate<ConfigMap> => {
    made += 1;
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: `contract-${run}-${made}`,
        namespace,
        labels: { contract: `${run}-${label}` },
      },
      data,
    };
  };
  const withClient = async (steps: (client: Client, transport: Transport) => Promise<void>) => {
    await using subject = await open();
    await steps(createClient(subject), subject.transport);
  };

  test(`${name}: an object comes back as it was sent`, () =>
    withClient(async (client) => {
      const sent = { text: "ü\u2028\n\"'", large: "x".repeat(700_000) };
      const created = await client.create(configMaps, configMap("echo", sent));
      expect(created.data).toEqual(sent);
      const found = await client.get(configMaps, { namespace, name: created.metadata.name });
      expect(found).toEqual(created);
    }));

  test(`${name}: a refusal says what it is`, () =>
    withClient(async (client) => {
      const ref = { namespace, name: "no-such-thing" };
      const error = await client.get(configMaps, ref).catch((caught: unknown) => caught);
      expect(isApiError(error, "NotFound")).toBe(true);
      expect(error).toMatchObject({ code: 404, message: 'configmaps "no-such-thing" not found' });
      const created = await client.create(configMaps, configMap("refusal"));
      await client.update(configMaps, { ...created, data: { a: "1" } });
      const stale = client.update(configMaps, { ...created, data: { a: "2" } });
      await expect(stale).rejects.toMatchObject({ code: 409, reason: "Conflict" });
    }));

  test(`${name}: many requests at once are all answered`, () =>
    withClient(async (client) => {
      const names = Array.from({ length: 300 }, () => configMap("many"));
      const created = await Promise.all(names.map((object) => client.create(configMaps, object)));
      expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(300);
      const selector = { namespace, labelSelector: labelled("many") };
      const first = await client.list(configMaps, { ...selector, limit: 120 });
      expect(first.items.length).toBe(120);
      const next = { ...selector, limit: 500, continue: first.metadata.continue ?? "" };
      const rest = await client.list(configMaps, next);
      expect(first.items.length + rest.items.length).toBe(300);
    }));

  test(`${name}: a watch tells every change once, in order, from where it was asked to begin`, () =>
    withClient(async (client) => {
      const selector = { namespace, labelSelector: labelled("watch") };
      const { metadata } = await client.list(configMaps, selector);
      const created = await client.create(configMaps, configMap("watch", { n: "0" }));
      const watched = await watch(client, {
        ...selector,
        resourceVersion: metadata.resourceVersion,
      });
      let current = created;
      for (let n = 1; n <= 20; n += 1) {
        current = await client.update(configMaps, { ...current, data: { n: String(n) } });
      }
      await client.delete(configMaps, { namespace, name: created.metadata.name });
      await until(() => watched.batches.flat().length === 22);
      const said = watched.batches.flat().map(({ type, object }) => {
        const data = object["data"] as ConfigMap["data"];
        return `${type} ${data?.["n"]}`;
      });
      const updates = Array.from({ length: 20 }, (_, index) => `MODIFIED ${index + 1}`);
      expect(said).toEqual(["ADDED 0", ...updates, "DELETED 20"]);
      watched.stop();
    }));

  test(`${name}: a watch that is stopped is silent, whoever stops it`, () =>
    withClient(async (client) => {
      const selector = { namespace, labelSelector: labelled("stopped") };
      const stop = new AbortController();
      const watches = [
        await watch(client, selector),
        await watch(client, { ...selector, signal: stop.signal }),
        await watch(client, selector),
      ] as const;
      watches[0].stop();
      stop.abort(new Error("stopped"));
      await client.create(configMaps, configMap("stopped"));
      await until(() => watches[2].batches.flat().length === 1);
      expect(watches.map(({ batches }) => batches.flat().length)).toEqual([0, 0, 1]);
      watches[2].stop();
    }));

  test(`${name}: a watch ends without an error when its time is over`, () =>
    withClient(async (client) => {
      const watched = await watch(client, { namespace, timeoutSeconds: 1, resourceVersion: "0" });
      expect(await watched.closed).toBeUndefined();
    }));

  test(`${name}: more watches than a connection takes all hear`, () =>
    withClient(async (client) => {
      const selector = { namespace, labelSelector: labelled("crowd") };
      const watches = await Promise.all(Array.from({ length: 250 }, () => watch(client, selector)));
      await client.create(configMaps, configMap("crowd"));
      await until(() => watches.every(({ batches }) => batches.flat().length >= 1));
      for (const { stop } of watches) stop();
    }));

  test(`${name}: a request that is aborted rejects with the reason`, () =>
    withClient(async (client) => {
      const stop = new AbortController();
      stop.abort(new Error("stopped"));
      const request = client.list(configMaps, { namespace, signal: stop.signal });
      await expect(request).rejects.toThrow("stopped");
    }));
}

async function watch(client: Client, options: Parameters<Client["watch"]>[1]): Promise<Watched> {
  const batches: (readonly WatchEvent[])[] = [];
  let close: (error?: unknown) => void = () => {};
  const closed = new Promise<unknown>((resolve) => {
    close = resolve;
  });
  const handle = await client.watch(configMaps, options, {
    events: (batch) => void batches.push(batch),
    closed: (error) => close(error),
  });
  return { batches, closed, stop: () => handle.stop() };
}

/** For what happens in another part of this process, or in a server, soon. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

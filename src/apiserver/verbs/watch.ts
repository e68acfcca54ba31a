import type { Timer } from "../../base/clock.ts";
import { onAbort } from "../../base/on-abort.ts";
import type { JsonObject } from "../../k8s/json.ts";
import { expired, failure, type Status } from "../../k8s/status.ts";
import type { WatchEvent, WatchHandle, WatchSink } from "../../k8s/transport.ts";
import type { Outcome, RequestContext } from "../request-context.ts";
import type { Selection } from "../store/selection.ts";
import type { Watcher } from "../store/watchers.ts";
import { type ListQuery, parseListQuery } from "./list-options.ts";
import { selectionOf } from "./selectors.ts";

/** `--min-request-timeout` of kube-apiserver: a watch lasts one to two times that. */
const minRequestTimeoutMs = 1_800_000;
/** As the watch cache does (`apiserver/pkg/storage/cacher/cacher.go`). */
const bookmarkPeriodMs = 60_000;

export function watchVerb(context: RequestContext): Outcome {
  const query = parseListQuery(context.query, true);
  const selection = selectionOf(context);
  return {
    kind: "watch",
    open: (sink) => {
      const watch = new Watch(context, query, selection, sink);
      watch.start();
      return watch;
    },
  };
}

/** A watch with its initial events, bookmarks and end. */
class Watch implements WatchHandle {
  readonly #context: RequestContext;
  readonly #query: ListQuery;
  readonly #selection: Selection;
  readonly #sink: WatchSink;
  #unlisten: () => void = () => {};
  #watcher: Watcher | undefined;
  #bookmarkTimer: Timer | undefined;
  #endTimer: Timer | undefined;
  #stopped = false;

  constructor(context: RequestContext, query: ListQuery, selection: Selection, sink: WatchSink) {
    this.#context = context;
    this.#query = query;
    this.#selection = selection;
    this.#sink = sink;
  }

  start(): void {
    const { request, server, endpoint } = this.#context;
    const fault = this.#versionFault();
    if (fault !== undefined) {
      this.#sink.events([{ type: "ERROR", object: { ...fault } }]);
      this.#sink.closed();
      return;
    }
    const { revision, timeoutSeconds, allowBookmarks } = this.#query;
    const startsHere = revision === undefined || revision === 0 || this.#query.sendInitialEvents;
    if (startsHere) this.#sendInitialEvents();
    const { clock, random } = server.env;
    const timeoutMs =
      timeoutSeconds === undefined || timeoutSeconds === 0
        ? minRequestTimeoutMs * (1 + random.next())
        : timeoutSeconds * 1_000;
    this.#endTimer = clock.schedule(timeoutMs, () => this.#end());
    if (allowBookmarks) this.#scheduleBookmark();
    this.#unlisten = onAbort(request.signal, () => this.stop());
    this.#watcher = endpoint.collection.watch(
      this.#selection,
      {
        events: (batch) => this.#sink.events(this.#served(batch)),
        closed: () => this.#finish(),
      },
      startsHere ? undefined : revision,
    );
    // The sink may have stopped it while it was given the events of the past.
    if (this.#stopped || request.signal?.aborted) this.stop();
  }

  stop(): void {
    this.#stopped = true;
    this.#watcher?.stop();
    this.#bookmarkTimer?.cancel();
    this.#endTimer?.cancel();
    this.#unlisten();
  }

  /** Clients list again when a watch begins with this error. */
  #versionFault(): Status | undefined {
    const { revision, sendInitialEvents } = this.#query;
    if (revision === undefined || revision === 0) return undefined;
    const current = this.#context.server.store.revision;
    if (revision > current) {
      // From another life of this server: the history that the client knows is gone.
      return failure(
        410,
        "Expired",
        `Too large resource version: ${revision}, current: ${current}`,
      );
    }
    const { compacted } = this.#context.endpoint.collection;
    if (sendInitialEvents || revision >= compacted) return undefined;
    return expired(String(revision), String(compacted));
  }

  #sendInitialEvents(): void {
    const { endpoint } = this.#context;
    const { objects } = endpoint.collection.page({ selection: this.#selection });
    if (objects.length > 0) {
      this.#sink.events(this.#served(objects.map((object) => ({ type: "ADDED", object }))));
    }
    if (!this.#query.sendInitialEvents || !this.#query.allowBookmarks) return;
    this.#sendBookmark({ "k8s.io/initial-events-end": "true" });
  }

  /** The events with their objects in the version that was asked for. */
  #served(events: readonly WatchEvent[]): readonly WatchEvent[] {
    const { conversion } = this.#context.endpoint;
    if (conversion === undefined) return events;
    return events.map(({ type, object }) => ({ type, object: conversion.fromStored(object) }));
  }

  #scheduleBookmark(): void {
    const { clock } = this.#context.server.env;
    this.#bookmarkTimer = clock.schedule(bookmarkPeriodMs, () => {
      this.#watcher?.flush();
      this.#sendBookmark();
      this.#scheduleBookmark();
    });
  }

  /** All events up to the store's revision have been sent by now. */
  #sendBookmark(annotations?: Readonly<Record<string, string>>): void {
    const { server, endpoint } = this.#context;
    const metadata: JsonObject = {
      resourceVersion: String(server.store.revision),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    const object = { kind: endpoint.info.kind, apiVersion: endpoint.apiVersion, metadata };
    this.#sink.events([{ type: "BOOKMARK", object }]);
  }

  #end(): void {
    this.#watcher?.flush();
    if (this.#query.allowBookmarks) this.#sendBookmark();
    this.#finish();
  }

  #finish(): void {
    this.stop();
    this.#sink.closed();
  }
}

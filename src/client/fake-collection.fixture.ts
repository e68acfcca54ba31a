import type { JsonObject } from "../k8s/json.ts";
import { objectKey } from "../k8s/object-key.ts";
import { expired, failure, invalid, type Status } from "../k8s/status.ts";
import type {
  ApiRequest,
  ApiResponse,
  Transport,
  WatchEvent,
  WatchSink,
} from "../k8s/transport.ts";
import type { Node } from "../k8s/types/core.ts";

/** One collection of nodes behind a transport, with the faults that a test asks for. */
export interface FakeCollection {
  readonly transport: Transport;
  /** What was asked, as `list limit=2` or `watch resourceVersion=7`, in order. */
  readonly asked: string[];
  put(name: string, labels?: Readonly<Record<string, string>>): void;
  delete(name: string): void;
  bookmark(): void;
  /** Ends the watches that run: by their timeout, by an error of the network, or by an ERROR event. */
  endWatches(how: "timeout" | Error | Status): void;
  /** Forgets what came before: a watch or a page from there is answered 410. */
  compact(): void;
  /** What the next requests get in place of an answer. */
  fail(...outcomes: (Status | Error)[]): void;
  supportsWatchList: boolean;
  readonly watchCount: number;
}

interface FakeWatch {
  readonly sink: WatchSink;
}

const json = { "content-type": "application/json" };

export function createFakeCollection(): FakeCollection {
  const nodes = new Map<string, Node>();
  const history: { readonly version: number; readonly event: WatchEvent }[] = [];
  /** What was there at a version: the pages of one list belong together. */
  const snapshots = new Map<string, readonly Node[]>();
  const watches = new Set<FakeWatch>();
  const outcomes: (Status | Error)[] = [];
  let version = 100;
  let oldest = 100;

  const record = (event: WatchEvent): void => {
    history.push({ version, event });
    for (const watch of watches) watch.sink.events([event]);
  };

  const bookmarkAt = (at: number, annotations?: Readonly<Record<string, string>>): WatchEvent => ({
    type: "BOOKMARK",
    object: {
      kind: "Node",
      apiVersion: "v1",
      metadata: {
        resourceVersion: String(at),
        ...(annotations === undefined ? {} : { annotations }),
      },
    },
  });

  function answerList(query: Readonly<Record<string, string>>): ApiResponse {
    const [from = "0", at = String(version)] = query["continue"]?.split("@") ?? [];
    if (Number(at) < oldest) return refusal(expired(at, String(oldest)));
    const all = snapshots.get(at) ?? [...nodes.values()];
    snapshots.set(at, all);
    const limit = Number(query["limit"] ?? all.length);
    const until = Number(from) + limit;
    const metadata = {
      resourceVersion: at,
      ...(until < all.length ? { continue: `${until}@${at}` } : {}),
    };
    // As a real server, it leaves out what kind the items are of.
    const items = all
      .slice(Number(from), until)
      .map(({ kind: _k, apiVersion: _v, ...rest }) => rest);
    return ok({
      kind: "NodeList",
      apiVersion: "v1",
      metadata,
      items: items as unknown as JsonObject[],
    });
  }

  function answerWatch(request: ApiRequest): ApiResponse {
    const query = request.query ?? {};
    const isList = query["sendInitialEvents"] === "true";
    if (isList && !collection.supportsWatchList) {
      return refusal(invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", []));
    }
    const from = Number(query["resourceVersion"] ?? version);
    if (from < oldest) return refusal(expired(String(from), String(oldest)));
    const open = (sink: WatchSink) => {
      const watch: FakeWatch = { sink };
      watches.add(watch);
      if (isList) {
        sink.events([...nodes.values()].map((node) => added(node)));
        sink.events([bookmarkAt(version, { "k8s.io/initial-events-end": "true" })]);
      } else {
        sink.events(history.filter((past) => past.version > from).map((past) => past.event));
      }
      return { stop: () => void watches.delete(watch) };
    };
    return { status: 200, headers: json, body: { kind: "watch", open } };
  }

  const collection: FakeCollection = {
    asked: [],
    supportsWatchList: true,
    get watchCount() {
      return watches.size;
    },
    transport: async (request) => {
      const { watch, timeoutSeconds: _, allowWatchBookmarks: _b, ...query } = request.query ?? {};
      const parameters = Object.entries(query).map(([name, value]) => `${name}=${value}`);
      collection.asked.push([watch === "true" ? "watch" : "list", ...parameters].join(" "));
      const outcome = outcomes.shift();
      if (outcome instanceof Error) throw outcome;
      if (outcome !== undefined) return refusal(outcome);
      return watch === "true" ? answerWatch(request) : answerList(query);
    },
    put(name, labels = {}) {
      version += 1;
      const known = nodes.get(objectKey({ name }));
      const node: Node = {
        apiVersion: "v1",
        kind: "Node",
        metadata: {
          name,
          uid: known?.metadata.uid ?? `uid-${version}`,
          resourceVersion: String(version),
          creationTimestamp: "2026-01-01T00:00:00Z",
          labels,
        },
      };
      nodes.set(name, node);
      record(known === undefined ? added(node) : { ...added(node), type: "MODIFIED" });
    },
    delete(name) {
      const node = nodes.get(name);
      if (node === undefined) return;
      nodes.delete(name);
      version += 1;
      const metadata = { ...node.metadata, resourceVersion: String(version) };
      record({ ...added({ ...node, metadata }), type: "DELETED" });
    },
    bookmark: () => {
      for (const { sink } of watches) sink.events([bookmarkAt(version)]);
    },
    endWatches(how) {
      for (const watch of [...watches]) {
        watches.delete(watch);
        if (how === "timeout") watch.sink.closed();
        else if (how instanceof Error) watch.sink.closed(how);
        else watch.sink.events([{ type: "ERROR", object: how as unknown as JsonObject }]);
      }
    },
    compact() {
      oldest = version;
      history.length = 0;
    },
    fail: (...next) => {
      outcomes.push(...next);
    },
  };
  return collection;
}

function added(node: Node): WatchEvent {
  return { type: "ADDED", object: node as unknown as JsonObject };
}

function ok(value: JsonObject): ApiResponse {
  return { status: 200, headers: json, body: { kind: "object", value } };
}

function refusal(status: Status): ApiResponse {
  return {
    status: status.code,
    headers: json,
    body: { kind: "object", value: status as unknown as JsonObject },
  };
}

export const serverDown: Status = failure(503, "ServiceUnavailable", "down");

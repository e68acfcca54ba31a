import type { JsonObject } from "../k8s/json.ts";
import { expired, failure, invalid, type Status } from "../k8s/status.ts";
import type {
  ApiRequest,
  ApiResponse,
  Transport,
  WatchEvent,
  WatchHandle,
  WatchSink,
} from "../k8s/transport.ts";
import type { Node } from "../k8s/types/core.ts";

type Query = Readonly<Record<string, string>>;

const json = { "content-type": "application/json" };

/** One collection of nodes behind a transport, with the faults that a test asks for. */
export class FakeCollection {
  supportsWatchList = true;
  /** What was asked, as `list limit=2` or `watch resourceVersion=7`, in order. */
  readonly asked: string[] = [];
  transport: Transport = async (request) => this.#answer(request);

  readonly #nodes = new Map<string, Node>();
  readonly #history: { readonly version: number; readonly event: WatchEvent }[] = [];
  /** What was there at a version: the pages of one list belong together. */
  readonly #snapshots = new Map<string, readonly Node[]>();
  readonly #watches = new Set<WatchSink>();
  readonly #outcomes: (Status | Error)[] = [];
  #version = 100;
  #oldest = 100;

  get watchCount(): number {
    return this.#watches.size;
  }

  put(name: string, labels: Readonly<Record<string, string>> = {}): void {
    this.#version += 1;
    const known = this.#nodes.get(name);
    const node: Node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        uid: known?.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: String(this.#version),
        creationTimestamp: "2026-01-01T00:00:00Z",
        labels,
      },
    };
    this.#nodes.set(name, node);
    this.#record(eventOf(known === undefined ? "ADDED" : "MODIFIED", node));
  }

  delete(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    this.#nodes.delete(name);
    this.#version += 1;
    const metadata = { ...node.metadata, resourceVersion: String(this.#version) };
    this.#record(eventOf("DELETED", { ...node, metadata }));
  }

  bookmark(): void {
    for (const sink of this.#watches) sink.events([bookmarkAt(this.#version)]);
  }

  /** Ends the watches that run: by their timeout, by an error of the network, or by an ERROR event. */
  endWatches(how: "timeout" | Error | Status): void {
    for (const sink of [...this.#watches]) {
      this.#watches.delete(sink);
      if (how === "timeout") sink.closed();
      else if (how instanceof Error) sink.closed(how);
      else sink.events([{ type: "ERROR", object: how as unknown as JsonObject }]);
    }
  }

  /** Forgets what came before: a watch or a page from there is answered 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#history.length = 0;
  }

  /** What the next requests get in place of an answer. */
  fail(...outcomes: readonly (Status | Error)[]): void {
    this.#outcomes.push(...outcomes);
  }

  #record(event: WatchEvent): void {
    this.#history.push({ version: this.#version, event });
    for (const sink of this.#watches) sink.events([event]);
  }

  #answer(request: ApiRequest): ApiResponse {
    const { watch, timeoutSeconds: _, allowWatchBookmarks: _b, ...query } = request.query ?? {};
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${value}`);
    this.asked.push([watch === "true" ? "watch" : "list", ...parameters].join(" "));
    const outcome = this.#outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    if (outcome !== undefined) return refusal(outcome);
    return watch === "true" ? this.#watch(query) : this.#list(query);
  }

  #list(query: Query): ApiResponse {
    const [from = "0", at = String(this.#version)] = query["continue"]?.split("@") ?? [];
    if (Number(at) < this.#oldest) return refusal(expired(at, String(this.#oldest)));
    const all = this.#snapshots.get(at) ?? [...this.#nodes.values()];
    this.#snapshots.set(at, all);
    const until = Number(from) + Number(query["limit"] ?? all.length);
    const next = until < all.length ? { continue: `${until}@${at}` } : {};
    const page = all.slice(Number(from), until);
    // As a real server, it leaves out what kind the items are of.
    const items = page.map(({ kind: _k, apiVersion: _v, ...rest }) => rest);
    return answer(200, {
      kind: "NodeList",
      apiVersion: "v1",
      metadata: { resourceVersion: at, ...next },
      items: items as unknown as JsonObject[],
    });
  }

  #watch(query: Query): ApiResponse {
    const isList = query["sendInitialEvents"] === "true";
    if (isList && !this.supportsWatchList) {
      return refusal(invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", []));
    }
    const from = Number(query["resourceVersion"] ?? this.#version);
    if (from < this.#oldest) return refusal(expired(String(from), String(this.#oldest)));
    const open = (sink: WatchSink): WatchHandle => {
      this.#watches.add(sink);
      if (isList) {
        sink.events([...this.#nodes.values()].map((node) => eventOf("ADDED", node)));
        sink.events([bookmarkAt(this.#version, { "k8s.io/initial-events-end": "true" })]);
      } else {
        const missed = this.#history.filter(({ version }) => version > from);
        sink.events(missed.map(({ event }) => event));
      }
      return { stop: () => void this.#watches.delete(sink) };
    };
    return { status: 200, headers: json, body: { kind: "watch", open } };
  }
}

function bookmarkAt(
  version: number,
  annotations: Readonly<Record<string, string>> = {},
): WatchEvent {
  const metadata = { resourceVersion: String(version), annotations };
  return { type: "BOOKMARK", object: { kind: "Node", apiVersion: "v1", metadata } };
}

function eventOf(type: WatchEvent["type"], node: Node): WatchEvent {
  return { type, object: node as unknown as JsonObject };
}

function answer(status: number, value: JsonObject): ApiResponse {
  return { status, headers: json, body: { kind: "object", value } };
}

function refusal(status: Status): ApiResponse {
  return answer(status.code, status as unknown as JsonObject);
}

export const serverDown: Status = failure(503, "ServiceUnavailable", "down");

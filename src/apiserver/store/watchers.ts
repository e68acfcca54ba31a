import type { WatchEvent, WatchSink } from "../../k8s/transport.ts";
import type { Change } from "./change.ts";
import type { ObjectMatcher, Selection } from "./selection.ts";
import { SetIndex } from "./set-index.ts";
import type { StoredObject } from "./stored-object.ts";

/** A watch of a collection. */
export interface Watcher {
  /** Hands over at once what waits for the end of this turn. */
  flush(): void;
  /** Ends it: what waits is dropped, and no call of the sink follows. */
  stop(): void;
}

/** A watch with what it has not handed over yet. */
class WatcherState implements Watcher {
  readonly matches: ObjectMatcher;
  readonly sink: WatchSink;
  readonly #remove: (state: WatcherState) => void;
  pending: WatchEvent[] = [];

  constructor(matches: ObjectMatcher, sink: WatchSink, remove: (state: WatcherState) => void) {
    this.matches = matches;
    this.sink = sink;
    this.#remove = remove;
  }

  flush(): void {
    if (this.pending.length === 0) return;
    const batch = this.pending;
    this.pending = [];
    this.sink.events(batch);
  }

  stop(): void {
    this.pending = [];
    this.#remove(this);
  }
}

interface WatchersOptions {
  readonly indexedField: ((object: StoredObject) => string) | undefined;
}

/**
 * The watches of one type. Each stands in the one index that narrows it most, so that a change
 * looks at few of them: a kubelet's watch of its pods costs nothing for the pods of other nodes.
 * What a turn of the event loop brings is handed over in one batch, before the next turn.
 */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #all = new Set<WatcherState>();
  readonly #everywhere = new Set<WatcherState>();
  readonly #byName = new SetIndex<WatcherState>();
  readonly #byIndexed = new SetIndex<WatcherState>();
  readonly #byNamespace = new SetIndex<WatcherState>();
  readonly #dirty = new Set<WatcherState>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  add(selection: Selection, matches: ObjectMatcher, sink: WatchSink): Watcher {
    const state = new WatcherState(matches, sink, (watcher) => this.#remove(selection, watcher));
    this.#all.add(state);
    if (selection.name !== undefined) this.#byName.add(selection.name, state);
    else if (selection.indexed !== undefined) this.#byIndexed.add(selection.indexed, state);
    else if (selection.namespace !== undefined) this.#byNamespace.add(selection.namespace, state);
    else this.#everywhere.add(state);
    return state;
  }

  publish(change: Change): void {
    const { previous, next } = change;
    const { metadata } = next ?? previous ?? change.last ?? { metadata: undefined };
    if (metadata === undefined || this.#all.size === 0) return;
    this.#offer(this.#everywhere, change);
    this.#offer(this.#byName.get(metadata.name), change);
    this.#offer(this.#byNamespace.get(metadata.namespace ?? ""), change);
    const { indexedField } = this.#options;
    if (indexedField === undefined) return;
    const before = previous === undefined ? undefined : indexedField(previous);
    const after = next === undefined ? undefined : indexedField(next);
    if (before !== undefined) this.#offer(this.#byIndexed.get(before), change);
    if (after !== undefined && after !== before) this.#offer(this.#byIndexed.get(after), change);
  }

  /** Ends all watches; each sink is told. */
  close(): void {
    for (const state of [...this.#all]) {
      state.flush();
      state.stop();
      state.sink.closed();
    }
  }

  #offer(states: ReadonlySet<WatcherState> | undefined, change: Change): void {
    if (states === undefined) return;
    for (const state of states) {
      const event = change.eventFor(state.matches);
      if (event === undefined) continue;
      state.pending.push(event);
      if (this.#dirty.size === 0) queueMicrotask(() => this.#flushDirty());
      this.#dirty.add(state);
    }
  }

  #flushDirty(): void {
    const states = [...this.#dirty];
    this.#dirty.clear();
    for (const state of states) state.flush();
  }

  #remove(selection: Selection, state: WatcherState): void {
    this.#all.delete(state);
    this.#everywhere.delete(state);
    this.#dirty.delete(state);
    if (selection.name !== undefined) this.#byName.delete(selection.name, state);
    if (selection.indexed !== undefined) this.#byIndexed.delete(selection.indexed, state);
    if (selection.namespace !== undefined) this.#byNamespace.delete(selection.namespace, state);
  }
}

import { onAbort } from "../../base/on-abort.ts";

interface Group<T> {
  readonly members: Set<T>;
  readonly unlisten: () => void;
}

/**
 * Listens once to each signal, however many requests share it: those of one tick often do, and a
 * listener costs more than the rest of what is kept of a request.
 */
export class AbortGroups<T> {
  readonly #groups = new Map<AbortSignal, Group<T>>();
  readonly #onAbort: (member: T, reason: unknown) => void;

  constructor(onAbort: (member: T, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Not for a signal that has been aborted already. */
  add(signal: AbortSignal, member: T): void {
    const known = this.#groups.get(signal);
    if (known !== undefined) {
      known.members.add(member);
      return;
    }
    const members = new Set([member]);
    const unlisten = onAbort(signal, () => {
      this.#groups.delete(signal);
      for (const each of members) this.#onAbort(each, signal.reason);
    });
    this.#groups.set(signal, { members, unlisten });
  }

  remove(signal: AbortSignal, member: T): void {
    const group = this.#groups.get(signal);
    if (group === undefined || !group.members.delete(member) || group.members.size > 0) return;
    group.unlisten();
    this.#groups.delete(signal);
  }
}

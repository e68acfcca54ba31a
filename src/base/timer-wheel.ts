import { assert } from "./assert.ts";
import type { Timer } from "./clock.ts";

const slotBits = 8;
const slotCount = 1 << slotBits;
const slotMask = slotCount - 1;
const levelCount = 4;

/**
 * A hierarchical timer wheel (Varghese and Lauck): four levels of 256 slots, so that to schedule
 * and to cancel are O(1) and 2^32 ticks fit. It counts ticks and knows no time; the system clock
 * turns it.
 */
export interface TimerWheel {
  /** The last tick that has run. */
  readonly tick: number;
  readonly size: number;
  /** Calls `callback` in tick `dueTick`, or in the next one if that is over. */
  schedule(dueTick: number, callback: () => void): Timer;
  /** Runs the ticks up to and with `toTick`, in order. What a callback throws passes through; the rest runs on the next call. */
  advance(toTick: number): void;
  /** When to advance next: no timer is due before that tick. Undefined when nothing is scheduled. */
  nextTick(): number | undefined;
}

/** A timer, and its place in the ring of a slot. */
class Entry implements Timer {
  next: Entry = this;
  previous: Entry = this;
  readonly dueTick: number;
  callback: (() => void) | undefined;
  readonly #onCancel: () => void;

  constructor(dueTick: number, callback: (() => void) | undefined, onCancel: () => void) {
    this.dueTick = dueTick;
    this.callback = callback;
    this.#onCancel = onCancel;
  }

  cancel(): void {
    if (this.callback === undefined) return;
    this.callback = undefined;
    this.unlink();
    this.#onCancel();
  }

  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }

  /** Puts `entry` at the end of the ring whose anchor this is. */
  append(entry: Entry): void {
    entry.previous = this.previous;
    entry.next = this;
    this.previous.next = entry;
    this.previous = entry;
  }
}

const ignore = (): void => {};

/** `onEmpty` is called when a cancellation leaves nothing scheduled. */
export function createTimerWheel(startTick = 0, onEmpty: () => void = ignore): TimerWheel {
  // An empty slot costs nothing: its anchor is made with its first timer.
  const slots = new Array<Entry | undefined>(levelCount * slotCount).fill(undefined);
  let tick = startTick;
  let size = 0;
  const onCancel = (): void => {
    size -= 1;
    if (size === 0) onEmpty();
  };

  function anchorOf(dueTick: number): Entry {
    const index = slotIndex(tick, dueTick);
    let anchor = slots[index];
    if (anchor === undefined) {
      anchor = new Entry(0, undefined, ignore);
      slots[index] = anchor;
    }
    return anchor;
  }

  /** Moves the timers of a higher slot, whose turn has come, to the levels below. */
  function cascade(index: number): void {
    const anchor = slots[index];
    if (anchor === undefined) return;
    // Detached first: a timer beyond the last level comes back to the same slot.
    slots[index] = undefined;
    while (anchor.next !== anchor) {
      const entry = anchor.next;
      entry.unlink();
      anchorOf(entry.dueTick).append(entry);
    }
  }

  function enter(nextTick: number): void {
    tick = nextTick;
    // From the top, so that what falls two levels is caught by the lower one.
    for (let level = levelCount - 1; level > 0; level -= 1) {
      const span = 2 ** (slotBits * level);
      if (nextTick % span === 0) cascade(level * slotCount + ((nextTick / span) & slotMask));
    }
  }

  function runDue(): void {
    const anchor = slots[tick & slotMask];
    while (anchor !== undefined && anchor.next !== anchor) {
      const entry = anchor.next;
      const { callback } = entry;
      entry.unlink();
      entry.callback = undefined;
      size -= 1;
      callback?.();
    }
  }

  function nextTick(): number | undefined {
    if (size === 0) return undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (let level = 0; level < levelCount; level += 1) {
      const span = 2 ** (slotBits * level);
      const position = Math.floor(tick / span);
      for (let ahead = 0; ahead < slotCount; ahead += 1) {
        const start = (position + ahead) * span;
        // A higher level matters only where it comes down before what the lower ones hold.
        if (start >= earliest) break;
        const anchor = slots[level * slotCount + ((position + ahead) & slotMask)];
        if (anchor !== undefined && anchor.next !== anchor) earliest = start;
      }
    }
    return earliest;
  }

  return {
    get tick() {
      return tick;
    },
    get size() {
      return size;
    },
    schedule(dueTick, callback) {
      assert(Number.isSafeInteger(dueTick), `a timer is due in a whole tick, not ${dueTick}`);
      const entry = new Entry(Math.max(dueTick, tick + 1), callback, onCancel);
      anchorOf(entry.dueTick).append(entry);
      size += 1;
      return entry;
    },
    advance(toTick) {
      runDue(); // What is left of a tick in which a callback threw.
      while (tick < toTick) {
        const next = nextTick();
        if (next === undefined || next > toTick) {
          // Nothing is due or to be cascaded on the way.
          tick = toTick;
          return;
        }
        enter(next);
        runDue();
      }
    },
    nextTick,
  };
}

/** The slot of a timer: on the lowest level that reaches so far. */
function slotIndex(tick: number, dueTick: number): number {
  for (let level = 0; level < levelCount; level += 1) {
    const span = 2 ** (slotBits * level);
    // Compared by position and not by distance: a slot holds timers of one turn only.
    const position = Math.floor(dueTick / span);
    if (position - Math.floor(tick / span) < slotCount) {
      return level * slotCount + (position & slotMask);
    }
  }
  // Further than the wheel reaches: the last slot of the top level, from where it is placed again.
  const top = levelCount - 1;
  const furthest = Math.floor(tick / 2 ** (slotBits * top)) + slotCount - 1;
  return top * slotCount + (furthest & slotMask);
}

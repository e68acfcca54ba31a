import { setImmediate } from "node:timers";
import { assert } from "./assert.ts";
import type { Clock, Timer } from "./clock.ts";

/** A clock that stands still until it is told otherwise. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: runs what becomes due, in order, at its time, and lets all promises
   * settle before and after each instant.
   */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock forward or back, which monotonic time and timers do not notice. */
  jump(ms: number): void;
}

interface ManualTimer {
  readonly dueMs: number;
  readonly order: number;
  /** Undefined once it is cancelled. */
  callback: (() => void) | undefined;
}

/** 2026-01-01T00:00:00Z */
const beginningOf2026Ms = 1_767_225_600_000;

/** A clock for tests and simulations. `startMs` defaults to the beginning of 2026. */
export function createManualClock(startMs: number = beginningOf2026Ms): ManualClock {
  const heap: ManualTimer[] = [];
  let elapsedMs = 0;
  let jumpedMs = 0;
  let scheduled = 0;
  let advancing = false;

  function schedule(delayMs: number, callback: () => void): Timer {
    scheduled += 1;
    const dueMs = elapsedMs + Math.max(0, delayMs);
    const timer: ManualTimer = { dueMs, order: scheduled, callback };
    push(heap, timer);
    return {
      cancel() {
        timer.callback = undefined;
      },
    };
  }

  async function advance(ms: number): Promise<void> {
    assert(!advancing, "the manual clock is being advanced already");
    advancing = true;
    const untilMs = elapsedMs + ms;
    try {
      await settled();
      for (let next = heap[0]; next !== undefined && next.dueMs <= untilMs; next = heap[0]) {
        pop(heap);
        if (next.callback === undefined) continue;
        elapsedMs = next.dueMs;
        next.callback();
        // Promises settle once an instant: timers of the same time are one turn, as on the wheel.
        if (heap[0]?.dueMs !== elapsedMs) await settled();
      }
      elapsedMs = untilMs;
    } finally {
      advancing = false;
    }
  }

  return {
    nowMs: () => startMs + elapsedMs + jumpedMs,
    monotonicMs: () => elapsedMs,
    // Time stands still, so nothing from outside waits for its chance.
    turn: () => Promise.resolve(),
    schedule,
    advance,
    jump(ms) {
      jumpedMs += ms;
    },
  };
}

/** An immediate comes after every promise that can settle without the outside world. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(left: ManualTimer, right: ManualTimer): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

function push(heap: ManualTimer[], timer: ManualTimer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !isBefore(timer, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = timer;
}

/** Removes the first of a heap that is not empty. */
function pop(heap: ManualTimer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    let child = heap[childIndex];
    const right = heap[childIndex + 1];
    if (child !== undefined && right !== undefined && isBefore(right, child)) {
      child = right;
      childIndex += 1;
    }
    if (child === undefined || !isBefore(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}

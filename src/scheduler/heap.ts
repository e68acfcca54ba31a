/** A priority queue; `isBefore` must not change for what is in it. */
export interface Heap<T> {
  push(item: T): void;
  /** Takes the first out. */
  pop(): T | undefined;
  readonly size: number;
}

export function createHeap<T>(isBefore: (left: T, right: T) => boolean): Heap<T> {
  const items: T[] = [];
  return {
    get size() {
      return items.length;
    },
    push(item) {
      let index = items.length;
      items.push(item);
      while (index > 0) {
        const parentIndex = (index - 1) >> 1;
        const parent = items[parentIndex];
        if (parent === undefined || !isBefore(item, parent)) break;
        items[index] = parent;
        index = parentIndex;
      }
      items[index] = item;
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (first === undefined || last === undefined || items.length === 0) return first;
      let index = 0;
      for (;;) {
        let childIndex = 2 * index + 1;
        let child = items[childIndex];
        const right = items[childIndex + 1];
        if (child !== undefined && right !== undefined && isBefore(right, child)) {
          child = right;
          childIndex += 1;
        }
        if (child === undefined || !isBefore(child, last)) break;
        items[index] = child;
        index = childIndex;
      }
      items[index] = last;
      return first;
    },
  };
}

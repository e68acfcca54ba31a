/** What a map holds: it knows its own key. */
export interface Keyed {
  readonly key: string;
}

/** A branch has a child for each value of the next four bits of a key's hash. */
interface Branch<T> {
  readonly size: number;
  readonly children: readonly (Trie<T> | undefined)[];
}

/** A leaf is in the order of its keys. */
type Trie<T> = readonly T[] | Branch<T>;

const bitsPerLevel = 4;
const childCount = 1 << bitsPerLevel;
/** A leaf with more entries becomes a branch, and a branch with no more a leaf. */
const leafMax = 8;
/** There all bits are used: what still shares a leaf has one hash. */
const depthMax = 32 / bitsPerLevel;

/**
 * A map that never changes: `with` and `without` give another one, which shares with this all but
 * the path to the change. Two maps of the same entries have the same shape and the same order,
 * whatever came first.
 */
export class PersistentMap<T extends Keyed> implements Iterable<T> {
  readonly #root: Trie<T>;

  private constructor(root: Trie<T>) {
    this.#root = root;
  }

  static empty<T extends Keyed>(): PersistentMap<T> {
    return new PersistentMap<T>([]);
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  get(key: string): T | undefined {
    let node = this.#root;
    for (let hash = hashOf(key); !isLeaf(node); hash >>>= bitsPerLevel) {
      const child = node.children[hash & (childCount - 1)];
      if (child === undefined) return undefined;
      node = child;
    }
    for (const entry of node) if (entry.key === key) return entry;
    return undefined;
  }

  /** With `entry`, in the place of what had its key. */
  with(entry: T): PersistentMap<T> {
    return new PersistentMap(insert(this.#root, entry, hashOf(entry.key), 0));
  }

  without(key: string): PersistentMap<T> {
    const root = remove(this.#root, key, hashOf(key));
    return root === this.#root ? this : new PersistentMap(root);
  }

  [Symbol.iterator](): Iterator<T> {
    return entriesOf(this.#root);
  }
}

function isLeaf<T>(node: Trie<T>): node is readonly T[] {
  return Array.isArray(node);
}

function sizeOf<T>(node: Trie<T> | undefined): number {
  if (node === undefined) return 0;
  return isLeaf(node) ? node.length : node.size;
}

function* entriesOf<T>(node: Trie<T>): Generator<T> {
  if (isLeaf(node)) {
    yield* node;
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* entriesOf(child);
}

/** `hash` has lost the bits of the levels above. */
function insert<T extends Keyed>(node: Trie<T>, entry: T, hash: number, depth: number): Trie<T> {
  if (!isLeaf(node)) {
    const index = hash & (childCount - 1);
    const child = insert(node.children[index] ?? [], entry, hash >>> bitsPerLevel, depth + 1);
    return withChild(node, index, child);
  }
  const leaf = node.filter(({ key }) => key !== entry.key);
  leaf.push(entry);
  leaf.sort(byKey);
  return leaf.length <= leafMax || depth === depthMax ? leaf : split(leaf, depth);
}

function split<T extends Keyed>(leaf: readonly T[], depth: number): Branch<T> {
  const children: T[][] = Array.from({ length: childCount }, () => []);
  for (const entry of leaf) {
    children[(hashOf(entry.key) >>> (depth * bitsPerLevel)) & (childCount - 1)]?.push(entry);
  }
  return {
    size: leaf.length,
    children: children.map((child) => {
      if (child.length === 0) return undefined;
      return child.length <= leafMax || depth + 1 === depthMax ? child : split(child, depth + 1);
    }),
  };
}

function remove<T extends Keyed>(node: Trie<T>, key: string, hash: number): Trie<T> {
  if (isLeaf(node)) {
    return node.some((entry) => entry.key === key) ? node.filter((e) => e.key !== key) : node;
  }
  const index = hash & (childCount - 1);
  const child = node.children[index];
  if (child === undefined) return node;
  const left = remove(child, key, hash >>> bitsPerLevel);
  if (left === child) return node;
  const branch = withChild(node, index, left);
  return branch.size <= leafMax ? [...entriesOf(branch)].sort(byKey) : branch;
}

function withChild<T>(branch: Branch<T>, index: number, child: Trie<T>): Branch<T> {
  const size = branch.size - sizeOf(branch.children[index]) + sizeOf(child);
  return { size, children: branch.children.with(index, sizeOf(child) === 0 ? undefined : child) };
}

function byKey(left: Keyed, right: Keyed): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}

/** FNV-1a, its low bits mixed with the high ones, which are the better. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

import { assert } from "../base/assert.ts";
import { jsonEqual } from "../k8s/json.ts";
import { resourceAmounts } from "../k8s/pod-resources.ts";
import { QuantityError } from "../k8s/quantity.ts";
import type { Node } from "../k8s/types/core.ts";
import type { HostPort, PodInfo } from "./pod-info.ts";

/** Amounts of one resource by row. The arrays are replaced when the table grows: do not keep them. */
export interface ResourceColumn {
  allocatable: Float64Array;
  requested: Float64Array;
}

/** The values that a label has on the nodes, numbered. */
export interface Domains {
  /** By row: the number of the node's value, -1 where it has no such label. */
  readonly ids: Int32Array;
  /** How many values there are. */
  readonly size: number;
}

/** What an update of a node means for pods that wait: nothing, or that they may fit now. */
export type NodeChange = "none" | "relevant";

const zoneLabel = "topology.kubernetes.io/zone";
const rowsAtFirst = 64;

/**
 * The nodes, and what is asked of each, in columns by row. A node keeps its row as long as it
 * exists. Adding a pod changes a few cells; nothing is rebuilt per pod.
 */
export class NodeTable {
  readonly #rowByName = new Map<string, number>();
  readonly #nodes: (Node | undefined)[] = [];
  readonly #freeRows: number[] = [];
  readonly #resources = new Map<string, ResourceColumn>();
  readonly #hostPorts = new Map<number, HostPort[]>();
  readonly #domains = new Map<string, Domains>();
  readonly #tainted = new Set<number>();
  readonly #unschedulable = new Set<number>();
  #order: Int32Array | undefined;
  #capacity = rowsAtFirst;
  podCounts: Int32Array = new Int32Array(rowsAtFirst);
  podLimits: Int32Array = new Int32Array(rowsAtFirst);
  scoredCpu: Float64Array = new Float64Array(rowsAtFirst);
  scoredMemory: Float64Array = new Float64Array(rowsAtFirst);

  /** How many nodes there are. */
  get size(): number {
    return this.#rowByName.size;
  }

  /** All rows are below this. */
  get capacity(): number {
    return this.#capacity;
  }

  get hasTaints(): boolean {
    return this.#tainted.size > 0;
  }

  get hasUnschedulable(): boolean {
    return this.#unschedulable.size > 0;
  }

  rowOf(name: string): number | undefined {
    return this.#rowByName.get(name);
  }

  nodeAt(row: number): Node {
    const node = this.#nodes[row];
    assert(node !== undefined, "a row of the node table has no node");
    return node;
  }

  /** The rows of all nodes, zone by turns (`backend/cache/node_tree.go`), so that a search from any place is fair. */
  order(): Int32Array {
    this.#order ??= interleave(this.#nodes);
    return this.#order;
  }

  /** The column of a resource; undefined when no node has and no pod asks for it. */
  resource(name: string): ResourceColumn | undefined {
    return this.#resources.get(name);
  }

  hostPortsAt(row: number): readonly HostPort[] {
    return this.#hostPorts.get(row) ?? [];
  }

  /** The domains of a topology key. */
  domains(key: string): Domains {
    const known = this.#domains.get(key);
    if (known !== undefined) return known;
    const domains = numberDomains(this.#nodes, key, this.#capacity);
    this.#domains.set(key, domains);
    return domains;
  }

  /** Adds a node, or takes its new state. */
  set(node: Node): NodeChange {
    const { name } = node.metadata;
    const known = this.#rowByName.get(name);
    const row = known ?? this.#newRow(name);
    const previous = this.#nodes[row];
    this.#nodes[row] = node;
    if (previous !== undefined && !isRelevantChange(previous, node)) return "none";
    if (!jsonEqual(previous?.metadata.labels, node.metadata.labels)) this.#domains.clear();
    if (known === undefined || zoneOf(previous) !== zoneOf(node)) this.#order = undefined;
    mark(this.#tainted, row, (node.spec?.taints ?? []).length > 0);
    mark(this.#unschedulable, row, node.spec?.unschedulable === true);
    this.#setAllocatable(row, node);
    return "relevant";
  }

  /** Forgets a node. Its pods must have been taken off before. */
  remove(name: string): void {
    const row = this.#rowByName.get(name);
    if (row === undefined) return;
    assert(this.podCounts[row] === 0, "a node is removed with pods on it");
    this.#rowByName.delete(name);
    this.#nodes[row] = undefined;
    this.#tainted.delete(row);
    this.#unschedulable.delete(row);
    this.#freeRows.push(row);
    this.#domains.clear();
    this.#order = undefined;
    for (const column of this.#resources.values()) column.allocatable[row] = 0;
  }

  /** Counts a pod in on a row, or out again. */
  addPod(row: number, pod: PodInfo, sign: 1 | -1): void {
    add(this.podCounts, row, sign);
    add(this.scoredCpu, row, sign * pod.scoredCpuMilli);
    add(this.scoredMemory, row, sign * pod.scoredMemoryBytes);
    for (const { resource, amount } of pod.requests) {
      add(this.#column(resource).requested, row, sign * amount);
    }
    if (pod.hostPorts.length === 0) return;
    const ports = this.#hostPorts.get(row) ?? [];
    if (sign === 1) ports.push(...pod.hostPorts);
    else for (const port of pod.hostPorts) removeFirst(ports, port);
    if (ports.length === 0) this.#hostPorts.delete(row);
    else this.#hostPorts.set(row, ports);
  }

  #newRow(name: string): number {
    const row = this.#freeRows.pop() ?? this.#nodes.length;
    if (row >= this.#capacity) this.#grow();
    this.#rowByName.set(name, row);
    return row;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.podCounts = grown(new Int32Array(this.#capacity), this.podCounts);
    this.podLimits = grown(new Int32Array(this.#capacity), this.podLimits);
    this.scoredCpu = grown(new Float64Array(this.#capacity), this.scoredCpu);
    this.scoredMemory = grown(new Float64Array(this.#capacity), this.scoredMemory);
    for (const column of this.#resources.values()) {
      column.allocatable = grown(new Float64Array(this.#capacity), column.allocatable);
      column.requested = grown(new Float64Array(this.#capacity), column.requested);
    }
    this.#domains.clear();
  }

  #column(resource: string): ResourceColumn {
    const known = this.#resources.get(resource);
    if (known !== undefined) return known;
    const column = {
      allocatable: new Float64Array(this.#capacity),
      requested: new Float64Array(this.#capacity),
    };
    this.#resources.set(resource, column);
    return column;
  }

  #setAllocatable(row: number, node: Node): void {
    const amounts = allocatableOf(node);
    for (const column of this.#resources.values()) column.allocatable[row] = 0;
    for (const [resource, amount] of amounts) this.#column(resource).allocatable[row] = amount;
    this.podLimits[row] = amounts.get("pods") ?? 0;
  }
}

function allocatableOf(node: Node): ReadonlyMap<string, number> {
  try {
    return resourceAmounts(node.status?.allocatable);
  } catch (error) {
    // A node that says nonsense of itself gets no pods.
    if (error instanceof QuantityError) return new Map();
    throw error;
  }
}

/** Heartbeats and images change nothing; these do. */
function isRelevantChange(previous: Node, next: Node): boolean {
  return !(
    jsonEqual(previous.status?.allocatable, next.status?.allocatable) &&
    jsonEqual(previous.spec?.taints, next.spec?.taints) &&
    jsonEqual(previous.metadata.labels, next.metadata.labels) &&
    (previous.spec?.unschedulable ?? false) === (next.spec?.unschedulable ?? false)
  );
}

function zoneOf(node: Node | undefined): string {
  return node?.metadata.labels?.[zoneLabel] ?? "";
}

function interleave(nodes: readonly (Node | undefined)[]): Int32Array {
  const zones = new Map<string, number[]>();
  let count = 0;
  nodes.forEach((node, row) => {
    if (node === undefined) return;
    count += 1;
    const rows = zones.get(zoneOf(node));
    if (rows === undefined) zones.set(zoneOf(node), [row]);
    else rows.push(row);
  });
  const order = new Int32Array(count);
  let filled = 0;
  for (let turn = 0; filled < count; turn += 1) {
    for (const rows of zones.values()) {
      const row = rows[turn];
      if (row === undefined) continue;
      order[filled] = row;
      filled += 1;
    }
  }
  return order;
}

function numberDomains(
  nodes: readonly (Node | undefined)[],
  key: string,
  capacity: number,
): Domains {
  const ids = new Int32Array(capacity).fill(-1);
  const idByValue = new Map<string, number>();
  nodes.forEach((node, row) => {
    const value = node?.metadata.labels?.[key];
    if (value === undefined) return;
    const id = idByValue.get(value) ?? idByValue.size;
    idByValue.set(value, id);
    ids[row] = id;
  });
  return { ids, size: idByValue.size };
}

function mark(rows: Set<number>, row: number, isIn: boolean): void {
  if (isIn) rows.add(row);
  else rows.delete(row);
}

function add(column: Float64Array | Int32Array, row: number, amount: number): void {
  column[row] = (column[row] ?? 0) + amount;
}

function grown<T extends Float64Array | Int32Array>(next: T, previous: T): T {
  next.set(previous);
  return next;
}

function removeFirst(ports: HostPort[], port: HostPort): void {
  const index = ports.findIndex((each) => jsonEqual(each, port));
  if (index >= 0) ports.splice(index, 1);
}

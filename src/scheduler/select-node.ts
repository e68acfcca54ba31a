import type { RandomStream } from "../base/random.ts";
import { affinityNodeNames } from "../k8s/node-selector.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { FilterName, RowFilter } from "./filters/filter.ts";
import { filters } from "./filters/filters.ts";
import { createDiagnosis, type FitError } from "./fit-error.ts";
import type { PodInfo } from "./pod-info.ts";
import { scores } from "./scores/scores.ts";

export interface SelectOptions {
  /** Where among the nodes to begin: each search goes on where the last one stopped. */
  readonly startAt: number;
  /** Of all nodes, how many to find before scoring. Default 0: as kube-scheduler adapts it. */
  readonly percentageOfNodesToScore: number;
}

export type Selection =
  | { readonly kind: "node"; readonly name: string; readonly nextStartAt: number }
  | { readonly kind: "none"; readonly error: FitError; readonly nextStartAt: number };

/**
 * Which node a pod goes to: the best, by chance among equals, of enough nodes that will do. It
 * decides as kube-scheduler does (`schedule_one.go`), and changes nothing.
 */
export function selectNode(
  pod: PodInfo,
  cluster: ClusterState,
  { startAt, percentageOfNodesToScore }: SelectOptions,
  random: RandomStream,
): Selection {
  const named = affinityNodeNames(pod.pod.spec);
  const order = named === undefined ? cluster.nodes.order() : rowsOf(named, cluster);
  const wanted =
    named === undefined
      ? feasibleNodesToFind(order.length, percentageOfNodesToScore)
      : order.length;
  const begin = named === undefined && order.length > 0 ? startAt % order.length : 0;
  const search = findFeasible(pod, cluster, order, begin, wanted);
  const nextStartAt = named === undefined ? begin + search.asked : startAt;
  if (search.rows.length === 0) {
    return { kind: "none", error: diagnose(pod, cluster, order), nextStartAt };
  }
  const row = bestOf(search.rows, pod, cluster, random);
  return { kind: "node", name: cluster.nodes.nodeAt(row).metadata.name, nextStartAt };
}

const feasibleNodesMin = 100;
const percentageMin = 5;

/** `numFeasibleNodesToFind`: all of up to 100 nodes, then a share that shrinks from half to 5 %. */
export function feasibleNodesToFind(nodeCount: number, percentage: number): number {
  if (nodeCount < feasibleNodesMin) return nodeCount;
  const adapted = Math.max(50 - Math.floor(nodeCount / 125), percentageMin);
  const share = Math.floor((nodeCount * (percentage || adapted)) / 100);
  return Math.max(share, feasibleNodesMin);
}

interface PreparedFilter {
  readonly name: FilterName;
  readonly rejects: RowFilter;
}

function prepareFilters(pod: PodInfo, cluster: ClusterState): readonly PreparedFilter[] {
  const prepared: PreparedFilter[] = [];
  for (const filter of filters) {
    const rejects = filter.prepare(pod, cluster);
    if (rejects !== undefined) prepared.push({ name: filter.name, rejects });
  }
  return prepared;
}

interface Search {
  readonly rows: Int32Array;
  /** How many nodes were looked at. */
  readonly asked: number;
}

/** Asked for up to all nodes for each pod: a plain loop, left as soon as enough are found. */
function findFeasible(
  pod: PodInfo,
  cluster: ClusterState,
  order: Int32Array,
  begin: number,
  wanted: number,
): Search {
  const prepared = prepareFilters(pod, cluster);
  const rows = new Int32Array(wanted);
  let found = 0;
  let asked = 0;
  while (asked < order.length && found < wanted) {
    const row = order[(begin + asked) % order.length] ?? 0;
    asked += 1;
    let isFeasible = true;
    for (const { rejects } of prepared) {
      if (rejects(row) === undefined) continue;
      isFeasible = false;
      break;
    }
    if (!isFeasible) continue;
    rows[found] = row;
    found += 1;
  }
  return { rows: rows.subarray(0, found), asked };
}

/** Asks all over again, now for the reasons: rare, and the search stays free of them. */
function diagnose(pod: PodInfo, cluster: ClusterState, order: Int32Array): FitError {
  const prepared = prepareFilters(pod, cluster);
  const diagnosis = createDiagnosis(cluster.nodes.size, pod.pod.spec.preemptionPolicy);
  for (const row of order) {
    for (const { name, rejects } of prepared) {
      const rejected = rejects(row);
      if (rejected === undefined) continue;
      diagnosis.add(name, rejected);
      break;
    }
  }
  if (order.length < cluster.nodes.size) diagnosis.addAbsent(cluster.nodes.size - order.length);
  return diagnosis.fitError();
}

function bestOf(
  rows: Int32Array,
  pod: PodInfo,
  cluster: ClusterState,
  random: RandomStream,
): number {
  const totals = new Float64Array(rows.length);
  if (rows.length > 1) {
    const scratch = new Float64Array(rows.length);
    for (const { weight, prepare } of scores) {
      const prepared = prepare(pod, cluster, rows);
      if (prepared === undefined) continue;
      rows.forEach((row, index) => {
        scratch[index] = prepared.scoreOf(row);
      });
      prepared.normalize?.(scratch);
      scratch.forEach((score, index) => {
        totals[index] = (totals[index] ?? 0) + score * weight;
      });
    }
  }
  return rows[pickBest(totals, random)] ?? 0;
}

/** The index of the largest, each of equal ones with the same chance. */
function pickBest(totals: Float64Array, random: RandomStream): number {
  let best = 0;
  let equals = 1;
  for (let index = 1; index < totals.length; index += 1) {
    const difference = (totals[index] ?? 0) - (totals[best] ?? 0);
    if (difference > 0) {
      best = index;
      equals = 1;
    } else if (difference === 0) {
      equals += 1;
      if (random.below(equals) === 0) best = index;
    }
  }
  return best;
}

function rowsOf(names: ReadonlySet<string>, cluster: ClusterState): Int32Array {
  const rows = [...names].map((name) => cluster.nodes.rowOf(name));
  return Int32Array.from(rows.filter((row) => row !== undefined));
}

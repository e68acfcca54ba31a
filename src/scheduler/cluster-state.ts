import { jsonEqual } from "../k8s/json.ts";
import type { Namespace, Node, Pod, Service } from "../k8s/types/core.ts";
import type { NamespaceLabels } from "./affinity-term.ts";
import { type NodeChange, NodeTable } from "./node-table.ts";
import { PlacedTerms } from "./placed-terms.ts";
import { everywhere, type PlacedPod, PodCounts, type PodMatcher, scopesOf } from "./pod-counts.ts";
import { createPodInfo, type PodInfo } from "./pod-info.ts";

interface Placement {
  readonly info: PodInfo;
  readonly nodeName: string;
}

type Labels = Readonly<Record<string, string>>;

/** What the scheduler knows of the cluster, kept up to date pod by pod and node by node. */
export class ClusterState {
  readonly nodes: NodeTable = new NodeTable();
  readonly terms: PlacedTerms = new PlacedTerms();
  /** By uid. */
  readonly #placements = new Map<string, Placement>();
  /** The same by scope, but for the scope of all. */
  readonly #placementsByScope = new Map<string, Map<string, Placement>>();
  /** Also of nodes that are not known: a pod may be seen before its node. */
  readonly #podsByNode = new Map<string, Set<string>>();
  readonly #counts = new PodCounts((scope) => this.#placedPods(scope));
  readonly #namespaces = new Map<string, Labels>();
  readonly #serviceSelectors = new Map<string, Map<string, Labels>>();
  readonly #namespaceLabels: NamespaceLabels = (namespace) => this.#namespaces.get(namespace);

  podInfo(pod: Pod): PodInfo {
    return createPodInfo(pod, this.#namespaceLabels);
  }

  setNode(node: Node): NodeChange {
    const { name } = node.metadata;
    const isNew = this.nodes.rowOf(name) === undefined;
    const change = this.nodes.set(node);
    if (isNew) this.#countPodsOf(name, 1);
    return change;
  }

  removeNode(name: string): void {
    this.#countPodsOf(name, -1);
    this.nodes.remove(name);
  }

  /** Puts a pod on a node, whether it is known or not, and off the one where it was. */
  place(info: PodInfo, nodeName: string): void {
    this.displace(info.uid);
    const placement = { info, nodeName };
    this.#placements.set(info.uid, placement);
    for (const scope of scopesOf(info)) {
      if (scope !== everywhere) addTo(this.#placementsByScope, scope, info.uid, placement);
    }
    const uids = this.#podsByNode.get(nodeName);
    if (uids === undefined) this.#podsByNode.set(nodeName, new Set([info.uid]));
    else uids.add(info.uid);
    this.#count(info, nodeName, 1);
  }

  /** Takes a pod off its node; false if it had none. */
  displace(uid: string): boolean {
    const placement = this.#placements.get(uid);
    if (placement === undefined) return false;
    const { info, nodeName } = placement;
    this.#count(info, nodeName, -1);
    this.#placements.delete(uid);
    for (const scope of scopesOf(info)) {
      const placements = this.#placementsByScope.get(scope);
      placements?.delete(uid);
      if (placements?.size === 0) this.#placementsByScope.delete(scope);
    }
    const uids = this.#podsByNode.get(nodeName);
    uids?.delete(uid);
    if (uids?.size === 0) this.#podsByNode.delete(nodeName);
    return true;
  }

  placementOf(uid: string): Placement | undefined {
    return this.#placements.get(uid);
  }

  /** How many matching pods each row has. */
  countPods(matcher: PodMatcher): Int32Array {
    return this.#counts.of(matcher, this.nodes.capacity);
  }

  setNamespace(namespace: Namespace): void {
    const { name, labels = {} } = namespace.metadata;
    const known = this.#namespaces.get(name) ?? {};
    this.#namespaces.set(name, labels);
    if (!jsonEqual(known, labels)) this.#counts.clear();
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name);
  }

  setService({ metadata, spec }: Service): void {
    const namespace = metadata.namespace ?? "";
    const selectors = this.#serviceSelectors.get(namespace) ?? new Map<string, Labels>();
    const selector = spec?.selector ?? {};
    if (Object.keys(selector).length > 0) selectors.set(metadata.name, selector);
    else selectors.delete(metadata.name);
    this.#serviceSelectors.set(namespace, selectors);
  }

  removeService({ metadata }: Service): void {
    this.#serviceSelectors.get(metadata.namespace ?? "")?.delete(metadata.name);
  }

  /** The labels that the Services which a pod stands behind select by; undefined if there are none. */
  serviceLabels({ namespace, labels = {} }: PodInfo): Labels | undefined {
    let merged: Labels | undefined;
    for (const selector of this.#serviceSelectors.get(namespace)?.values() ?? []) {
      const isSelected = Object.entries(selector).every(([key, value]) => labels[key] === value);
      if (isSelected) merged = { ...merged, ...selector };
    }
    return merged;
  }

  #count(info: PodInfo, nodeName: string, sign: 1 | -1): void {
    const row = this.nodes.rowOf(nodeName);
    if (row === undefined) return;
    this.nodes.addPod(row, info, sign);
    this.terms.addPod(row, info, sign);
    this.#counts.addPod(row, info, sign);
  }

  #countPodsOf(nodeName: string, sign: 1 | -1): void {
    for (const uid of this.#podsByNode.get(nodeName) ?? []) {
      const placement = this.#placements.get(uid);
      if (placement !== undefined) this.#count(placement.info, nodeName, sign);
    }
  }

  *#placedPods(scope: string): Iterable<PlacedPod> {
    const placements = scope === everywhere ? this.#placements : this.#placementsByScope.get(scope);
    for (const { info, nodeName } of placements?.values() ?? []) {
      yield { info, row: this.nodes.rowOf(nodeName) };
    }
  }
}

function addTo<T>(maps: Map<string, Map<string, T>>, name: string, key: string, value: T): void {
  const known = maps.get(name);
  if (known === undefined) maps.set(name, new Map([[key, value]]));
  else known.set(key, value);
}

import {
  formatMilli,
  formatUnits,
  parseQuantity,
  type QuantityFormat,
  quantityMilli,
  quantityValue,
} from "./quantity.ts";
import type { Container, PodSpec, PodStatus } from "./types/core.ts";
import type { ResourceList } from "./types/meta.ts";

type Amounts = Map<string, number>;

/** An amount in the unit in which resources are added up: `cpu` in thousandths, the rest in units. */
function resourceAmount(name: string, text: string): number {
  return name === "cpu" ? quantityMilli(text) : quantityValue(text);
}

/** The amounts of a list, by name. @throws QuantityError */
export function resourceAmounts(list: ResourceList | undefined): ReadonlyMap<string, number> {
  const amounts: Amounts = new Map();
  addList(amounts, list);
  return amounts;
}

/**
 * What a pod asks of its node: the sum of its containers and sidecars, or what its init
 * containers need at one time if that is more, and the overhead of its runtime class
 * (KEP-753; `component-helpers/resource/helpers.go`). @throws QuantityError
 */
export function podRequests(
  spec: Pick<PodSpec, "containers" | "initContainers" | "overhead">,
): ReadonlyMap<string, number> {
  const total = containersTotal(spec, "requests");
  addList(total, spec.overhead);
  return total;
}

/**
 * What a pod asks of its node, or may take of it, as a list; undefined if that is nothing. Of an
 * overhead a pod without limits takes nothing. @throws QuantityError
 */
export function podResourceList(
  spec: Pick<PodSpec, "containers" | "initContainers" | "overhead">,
  which: "requests" | "limits",
): ResourceList | undefined {
  const total = containersTotal(spec, which);
  for (const name in spec.overhead) {
    if (which === "limits" && !total.has(name)) continue;
    total.set(name, (total.get(name) ?? 0) + resourceAmount(name, spec.overhead[name] ?? "0"));
  }
  if (total.size === 0) return undefined;
  const list: Record<string, string> = {};
  for (const [name, amount] of total) {
    list[name] =
      name === "cpu" ? formatMilli(amount) : formatUnits(amount, formatOf(spec, which, name));
  }
  return list;
}

/** How a resource is written: as by the first that names it. */
function formatOf(
  { containers, initContainers = [], overhead }: Parameters<typeof podResourceList>[0],
  which: "requests" | "limits",
  name: string,
): QuantityFormat {
  for (const { resources } of [...containers, ...initContainers]) {
    const text = resources?.[which]?.[name];
    const format = text === undefined ? undefined : parseQuantity(text)?.format;
    if (format !== undefined) return format;
  }
  return parseQuantity(overhead?.[name] ?? "0")?.format ?? "DecimalSI";
}

function containersTotal(
  { containers, initContainers }: Pick<PodSpec, "containers" | "initContainers">,
  which: "requests" | "limits",
): Amounts {
  const total: Amounts = new Map();
  for (const { resources } of containers) addList(total, resources?.[which]);
  if (initContainers) addInitContainers(total, initContainers, which);
  return total;
}

function addInitContainers(
  total: Amounts,
  containers: readonly Container[],
  which: "requests" | "limits",
): void {
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const { resources, restartPolicy } of containers) {
    const isSidecar = restartPolicy === "Always";
    if (isSidecar) {
      addList(total, resources?.[which]);
      addList(sidecars, resources?.[which]);
    }
    const now: Amounts = new Map(sidecars);
    if (!isSidecar) addList(now, resources?.[which]);
    raiseTo(peak, now);
  }
  raiseTo(total, peak);
}

function addList(total: Amounts, list: ResourceList | undefined): void {
  for (const name in list) {
    total.set(name, (total.get(name) ?? 0) + resourceAmount(name, list[name] ?? "0"));
  }
}

function raiseTo(amounts: Amounts, floor: ReadonlyMap<string, number>): void {
  for (const [name, amount] of floor) {
    if (amount > (amounts.get(name) ?? Number.NEGATIVE_INFINITY)) amounts.set(name, amount);
  }
}

/** The quality of service class (`pkg/apis/core/v1/helper/qos`): only cpu and memory count. */
export function qosClass(
  spec: Pick<PodSpec, "containers" | "initContainers">,
): NonNullable<PodStatus["qosClass"]> {
  let some = false;
  let guaranteed = true;
  for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
    for (const name of ["cpu", "memory"]) {
      const limitText = resources?.limits?.[name] ?? "0";
      const limit = resourceAmount(name, limitText);
      // A limit without a request is the request too, as defaulting has it.
      const request = resourceAmount(name, resources?.requests?.[name] ?? limitText);
      if (limit > 0 || request > 0) some = true;
      if (limit === 0 || limit !== request) guaranteed = false;
    }
  }
  if (!some) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

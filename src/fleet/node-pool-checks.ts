import { OptionError } from "../base/option-error.ts";
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../k8s/names.ts";
import { parseQuantity } from "../k8s/quantity.ts";
import type { NodeGroupOptions } from "./fleet-options.ts";

/** More nodes than one process carries. */
const nodesMax = 100_000;
const taintEffects: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** @throws OptionError */
export function checkFleetName(name: string): void {
  refuse("name", name, dns1123LabelErrors(name));
}

/** @throws OptionError for the first option that cannot be used. */
export function checkGroup(
  group: NodeGroupOptions,
  where: (option: keyof NodeGroupOptions) => string,
): void {
  const { count } = group;
  if (!Number.isSafeInteger(count) || count < 1 || count > nodesMax) {
    throw new OptionError(
      where("count"),
      `expected a whole number from 1 to ${nodesMax}, found ${count}`,
    );
  }
  checkNameTemplate(group, where("nameTemplate"));
  for (const [key, value] of Object.entries(group.labels ?? {})) {
    refuse(where("labels"), key, qualifiedNameErrors(key));
    refuse(where("labels"), value, labelValueErrors(value));
  }
  for (const { key, value = "", effect } of group.taints ?? []) {
    refuse(where("taints"), key, qualifiedNameErrors(key));
    refuse(where("taints"), value, labelValueErrors(value));
    if (!taintEffects.includes(effect)) {
      throw new OptionError(
        where("taints"),
        `expected one of ${taintEffects.join(", ")}, found "${effect}"`,
      );
    }
  }
  checkCapacity(group, where("capacity"));
  for (const zone of group.zones ?? []) refuse(where("zones"), zone, labelValueErrors(zone));
  refuse(where("region"), group.region, labelValueErrors(group.region ?? ""));
  refuse(where("instanceType"), group.instanceType, labelValueErrors(group.instanceType ?? ""));
}

/** @throws OptionError for a name that a Node cannot have, or that another one has. */
export function checkNodeName(name: string, taken: ReadonlySet<string>, option: string): void {
  refuse(option, name, dns1123SubdomainErrors(name));
  // The name is also the value of the label kubernetes.io/hostname.
  refuse(option, name, labelValueErrors(name));
  if (taken.has(name)) throw new OptionError(option, `gives the name "${name}" to two nodes`);
}

function checkNameTemplate({ nameTemplate, zones }: NodeGroupOptions, option: string): void {
  const known = ["{index}", "{group}", ...(zones === undefined ? [] : ["{zone}"])];
  for (const placeholder of nameTemplate?.match(/\{[^}]*\}/g) ?? []) {
    if (known.includes(placeholder)) continue;
    throw new OptionError(option, `expected ${known.join(", ")}, found ${placeholder}`);
  }
}

function checkCapacity({ capacity = {} }: NodeGroupOptions, option: string): void {
  for (const [resource, text] of Object.entries(capacity)) {
    refuse(option, resource, qualifiedNameErrors(resource));
    const quantity = parseQuantity(text);
    if (quantity === undefined || quantity.nano < 0n) {
      throw new OptionError(
        `${option}.${resource}`,
        `expected a quantity such as 500m or 16Gi, found "${text}"`,
      );
    }
    if (resource === "pods" && !/^\d+$/.test(text)) {
      throw new OptionError(`${option}.${resource}`, `expected a whole number, found "${text}"`);
    }
  }
}

function refuse(option: string, value: string | undefined, errors: readonly string[]): void {
  const [error] = errors;
  if (error !== undefined) throw new OptionError(option, `"${value}": ${error}`);
}

import { formatGoDuration, parseGoDuration } from "../../base/duration.ts";
import { OptionError } from "../../base/option-error.ts";
import { isJsonObject } from "../../k8s/json.ts";
import { dns1123LabelErrors, labelValueErrors, qualifiedNameErrors } from "../../k8s/names.ts";
import { parseQuantity } from "../../k8s/quantity.ts";
import type { Taint } from "../../k8s/types/core.ts";

/**
 * One kind of value, read from a flag's text or from a parsed YAML value. `option` is how the user
 * wrote it, for the message.
 *
 * @throws OptionError for what it cannot read.
 */
export interface ValueParser<T> {
  fromText(text: string, option: string): T;
  fromYaml(value: unknown, option: string): T;
}

function refuse(option: string, expected: string, found: unknown): never {
  throw new OptionError(option, `expected ${expected}, found ${describe(found)}`);
}

/** What a YAML value is, for messages. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "string") return JSON.stringify(value);
  return isJsonObject(value) ? "a map" : String(value);
}

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): ValueParser<number> {
  const expected = `a whole number from ${min} to ${max}`;
  const check = (value: number, option: string, found: unknown): number =>
    Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : refuse(option, expected, found);
  return {
    fromText: (text, option) => {
      const digits = /^[+-]?\d+$/.test(text.trim());
      return check(digits ? Number(text) : Number.NaN, option, text);
    },
    fromYaml: (value, option) =>
      check(typeof value === "number" ? value : Number.NaN, option, value),
  };
}

/** `true` or `false`. */
export const boolean: ValueParser<boolean> = {
  fromText: (text, option) =>
    text === "true" ? true : text === "false" ? false : refuse(option, "true or false", text),
  fromYaml: (value, option) =>
    typeof value === "boolean" ? value : refuse(option, "true or false", value),
};

/** Switches, `Events=true,Readiness=false`, or a map in YAML. Which there are whoever takes them knows. */
export const switches: ValueParser<string> = {
  fromText: (text) => text,
  fromYaml: (value, option) => {
    if (typeof value === "string") return value;
    if (!isJsonObject(value)) return refuse(option, "a map of names to true or false", value);
    return Object.entries(value)
      .map(([name, on]) => `${name}=${String(on)}`)
      .join(",");
  },
};

/** A number above 0. */
export const positive: ValueParser<number> = (() => {
  const check = (value: number, option: string, found: unknown): number =>
    Number.isFinite(value) && value > 0 ? value : refuse(option, "a number above 0", found);
  return {
    fromText: (text, option) => check(text.trim() === "" ? Number.NaN : Number(text), option, text),
    fromYaml: (value, option) =>
      check(typeof value === "number" ? value : Number.NaN, option, value),
  };
})();

/** Text that is not empty. YAML numbers and booleans are not text: they want quotes. */
export function text(expected: string): ValueParser<string> {
  const check = (value: unknown, option: string): string =>
    typeof value === "string" && value !== "" ? value : refuse(option, expected, value);
  return { fromText: check, fromYaml: check };
}

/** The name of a fleet, which is a label value and a part of object names. */
export const fleetName: ValueParser<string> = (() => {
  const check = (value: unknown, option: string): string => {
    if (typeof value !== "string" || value === "") return refuse(option, "a name", value);
    const [problem] = dns1123LabelErrors(value);
    if (problem !== undefined)
      throw new OptionError(option, `${JSON.stringify(value)}: ${problem}`);
    return value;
  };
  return { fromText: check, fromYaml: check };
})();

/** One of a few words. */
export function choice<const T extends string>(choices: readonly T[]): ValueParser<T> {
  const expected = `one of ${choices.join(", ")}`;
  const check = (value: unknown, option: string): T =>
    choices.find((candidate) => candidate === value) ?? refuse(option, expected, value);
  return { fromText: check, fromYaml: check };
}

/** A Go duration, `90s` or `1m30s`, in milliseconds; longer than nothing. */
export const duration: ValueParser<number> = (() => {
  const check = (value: unknown, option: string): number => {
    const parsed = typeof value === "string" ? parseGoDuration(value) : undefined;
    return parsed !== undefined && parsed > 0
      ? parsed
      : refuse(option, `a duration such as ${formatGoDuration(90_000)}`, value);
  };
  return { fromText: check, fromYaml: check };
})();

type StringMap = Readonly<Record<string, string>>;

/** `key=value,key=value`, or a map in YAML, each pair checked. */
function pairs(
  expected: string,
  check: (key: string, value: string, option: string) => void,
): ValueParser<StringMap> {
  const collect = (entries: readonly (readonly [string, string])[], option: string): StringMap => {
    const result: Record<string, string> = {};
    for (const [key, value] of entries) {
      if (key in result) throw new OptionError(option, `"${key}" is given twice`);
      check(key, value, option);
      result[key] = value;
    }
    return result;
  };
  const fromText = (given: string, option: string): StringMap => {
    const parts = given.split(",").filter((part) => part.trim() !== "");
    const entries = parts.map((part): readonly [string, string] => {
      const at = part.indexOf("=");
      if (at < 1) refuse(option, expected, part);
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
    return collect(entries, option);
  };
  const fromYaml = (value: unknown, option: string): StringMap => {
    if (typeof value === "string") return fromText(value, option);
    if (!isJsonObject(value)) return refuse(option, `a map, or ${expected}`, value);
    const entries = Object.entries(value).map(([key, member]): readonly [string, string] => {
      const scalar = typeof member === "string" || typeof member === "number";
      return [
        key,
        scalar ? String(member) : refuse(`${option}.${key}`, "text or a number", member),
      ];
    });
    return collect(entries, option);
  };
  return { fromText, fromYaml };
}

/** Labels, `zone=a,team=blue`. */
export const labels: ValueParser<StringMap> = pairs("key=value", (key, value, option) => {
  const problem = qualifiedNameErrors(key)[0] ?? labelValueErrors(value)[0];
  if (problem !== undefined) {
    throw new OptionError(option, `label ${JSON.stringify(`${key}=${value}`)}: ${problem}`);
  }
});

/** Amounts by resource name, `cpu=32,memory=256Gi,pods=110,nvidia.com/gpu=8`. */
export const capacity: ValueParser<StringMap> = pairs("resource=quantity", (key, value, option) => {
  const problem = qualifiedNameErrors(key)[0];
  if (problem !== undefined) {
    throw new OptionError(option, `resource ${JSON.stringify(key)}: ${problem}`);
  }
  if (parseQuantity(value) === undefined || value.startsWith("-")) {
    refuse(option, `a quantity of ${key} such as 32, 500m or 256Gi`, value);
  }
});

const effects: readonly Taint["effect"][] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const taintForm = `key=value:effect with an effect of ${effects.join(", ")}`;

function parseTaint(given: string, option: string): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:([A-Za-z]+)$/.exec(given.trim());
  const key = match?.[1] ?? "";
  const value = match?.[2] ?? "";
  const effect = effects.find((candidate) => candidate === match?.[3]);
  const wrong = qualifiedNameErrors(key).length + labelValueErrors(value).length > 0;
  if (effect === undefined || wrong) return refuse(option, taintForm, given);
  return value === "" ? { key, effect } : { key, value, effect };
}

/** Taints as `kubectl taint` takes them, `dedicated=gpu:NoSchedule`, or objects as in a Node's spec. */
export const taints: ValueParser<readonly Taint[]> = {
  fromText: (given, option) =>
    given
      .split(",")
      .filter((part) => part.trim() !== "")
      .map((part) => parseTaint(part, option)),
  fromYaml: (value, option) => {
    if (typeof value === "string") return taints.fromText(value, option);
    if (!Array.isArray(value)) return refuse(option, `a list of ${taintForm}`, value);
    return value.map((element: unknown, index) => {
      const path = `${option}[${index}]`;
      if (typeof element === "string") return parseTaint(element, path);
      if (!isJsonObject(element)) return refuse(path, taintForm, element);
      const { key, value: taintValue = "", effect } = element;
      return parseTaint(`${String(key)}=${String(taintValue)}:${String(effect)}`, path);
    });
  },
};

/** A list of words: `a,b,c`, or a list in YAML. */
export function words(expected: string): ValueParser<readonly string[]> {
  const fromText = (given: string, option: string): readonly string[] => {
    const found = given.split(",").map((part) => part.trim());
    return found.every((word) => word !== "") ? found : refuse(option, expected, given);
  };
  return {
    fromText,
    fromYaml: (value, option) => {
      if (typeof value === "string") return fromText(value, option);
      if (!Array.isArray(value) || value.length === 0) return refuse(option, expected, value);
      return value.map((word: unknown, index) =>
        typeof word === "string" && word !== ""
          ? word
          : refuse(`${option}[${index}]`, "text", word),
      );
    },
  };
}

/** A Kubernetes version, with or without its `v`; comes out with it. */
export const kubernetesVersion: ValueParser<string> = (() => {
  const check = (value: unknown, option: string): string => {
    const form = /^v?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)$/;
    const match = typeof value === "string" ? form.exec(value) : null;
    return match ? `v${match[1]}` : refuse(option, "a version such as v1.34.4", value);
  };
  return { fromText: check, fromYaml: check };
})();

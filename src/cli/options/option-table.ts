import { nearest } from "../../base/nearest.ts";
import { OptionError } from "../../base/option-error.ts";
import type { ValueParser } from "./values.ts";

/** One option: as a flag, as a key of the fleet file, and in the reference. */
export interface OptionRow<T> {
  readonly value: ValueParser<T>;
  /** What stands behind the flag in the help: `<count>`, or `[level]` where it may be left out. */
  readonly argument: string;
  /** A sentence without its full stop. */
  readonly help: string;
  /** The default in words; absent where there is none. */
  readonly defaultText?: string;
  /** A one-letter flag beside the long one. */
  readonly short?: string;
  /** The value of the flag when its optional argument is left out. */
  readonly bare?: string;
}

/** A row for each option of `T`, whose names are the keys in camel case. */
export type OptionTable<T> = { readonly [K in keyof T]-?: OptionRow<NonNullable<T[K]>> };

/** `readyTimeout` → `ready-timeout`. */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Reads the options that were given as flags.
 *
 * @throws OptionError for a value that cannot be read.
 */
export function readFlags<T>(
  table: OptionTable<T>,
  given: Readonly<Record<string, unknown>>,
): Partial<T> {
  const result: Partial<T> = {};
  for (const key of keysOf(table)) {
    const raw = given[key];
    if (raw === undefined) continue;
    const row = table[key];
    result[key] = row.value.fromText(
      raw === true ? (row.bare ?? "") : String(raw),
      `--${flagName(key)}`,
    );
  }
  return result;
}

/**
 * Reads options from a map of the fleet file.
 *
 * @throws OptionError with the path, for an unknown key (naming the nearest known one) or a value
 * that cannot be read.
 */
export function readKeys<T>(
  table: OptionTable<T>,
  map: Readonly<Record<string, unknown>>,
  path: string,
  otherKeys: readonly string[] = [],
): Partial<T> {
  const known = keysOf(table);
  const result: Partial<T> = {};
  for (const [name, value] of Object.entries(map)) {
    if (otherKeys.includes(name)) continue;
    const key = known.find((candidate) => candidate === name);
    const option = path === "" ? name : `${path}.${name}`;
    if (key === undefined) {
      const like = nearest(name, [...known, ...otherKeys]);
      throw new OptionError(
        option,
        `unknown key${like === undefined ? "" : `; did you mean "${like}"?`}`,
      );
    }
    result[key] = table[key].value.fromYaml(value, option);
  }
  return result;
}

/** The names of a table's options, in its order. */
function keysOf<T>(table: OptionTable<T>): readonly (keyof T & string)[] {
  return Object.keys(table).filter((key): key is keyof T & string => key in table);
}

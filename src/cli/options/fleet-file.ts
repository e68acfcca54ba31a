import { readFile } from "node:fs/promises";
import { OptionError } from "../../base/option-error.ts";
import { isJsonObject } from "../../k8s/json.ts";
import { type GroupSettings, groupOptions } from "./fleet-settings.ts";
import { type OptionTable, readKeys } from "./option-table.ts";
import { describe } from "./values.ts";

/** What a fleet file says: the settings of its command, and groups of nodes. */
export interface FleetFile<T> {
  /** How the file was named. */
  readonly file: string;
  readonly settings: Partial<T>;
  readonly groups: readonly GroupSettings[];
}

const readProblems: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

const apiVersion = "hollowmark/v1";
const kind = "Fleet";

/**
 * Reads a fleet file. Every option of `table` may stand in it under its name in camel case.
 *
 * @throws OptionError with the file and the path in it: what was expected and what was found.
 */
export async function readFleetFile<T>(file: string, table: OptionTable<T>): Promise<FleetFile<T>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = readProblems[error.code ?? ""] ?? error.message;
    throw new OptionError("--config", `${file}: ${why}`, error);
  });
  return parseFleetFile(text, file, table);
}

async function parseFleetFile<T>(
  text: string,
  file: string,
  table: OptionTable<T>,
): Promise<FleetFile<T>> {
  const root = await parseYaml(text, file);
  if (!isJsonObject(root)) {
    throw new OptionError(file, `expected a map of settings, found ${describe(root)}`);
  }
  expectConstant(root, "apiVersion", apiVersion, file);
  expectConstant(root, "kind", kind, file);
  const { apiVersion: _version, kind: _kind, groups: rawGroups, ...rest } = root;
  try {
    const settings = readKeys(table, rest, "", ["groups"]);
    const groups = readGroups(rawGroups);
    if (groups.length > 0 && "nodes" in settings) {
      throw new OptionError("nodes", "expected none beside groups, which have a count each");
    }
    return { file, settings, groups };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(file, error.message, error);
  }
}

async function parseYaml(text: string, file: string): Promise<unknown> {
  const { load, YAMLException } = await import("js-yaml");
  if (text.trim() === "") return undefined;
  try {
    return load(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark } = error;
    const where = mark === undefined ? "" : `line ${mark.line + 1}, column ${mark.column + 1}: `;
    throw new OptionError(file, `${where}${error.reason}`, error);
  }
}

function expectConstant(
  root: Readonly<Record<string, unknown>>,
  key: string,
  expected: string,
  file: string,
): void {
  const found = root[key];
  if (found === expected || found === undefined) return;
  throw new OptionError(file, `${key}: expected ${expected}, found ${JSON.stringify(found)}`);
}

function readGroups(raw: unknown): readonly GroupSettings[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw) || raw.length === 0) {
    throw new OptionError("groups", `expected a list of groups, found ${describe(raw)}`);
  }
  return raw.map((group: unknown, index) => {
    const path = `groups[${index}]`;
    if (!isJsonObject(group)) {
      throw new OptionError(path, `expected a map of settings, found ${describe(group)}`);
    }
    const settings = readKeys(groupOptions, group, path);
    if (settings.count === undefined) {
      throw new OptionError(`${path}.count`, "expected a whole number, found nothing");
    }
    return settings;
  });
}

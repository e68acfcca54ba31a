import { readFileSync } from "node:fs";

/**
 * How many files this process may have open: the soft limit, which Node has raised to the hard one
 * at its start. Undefined where there is no `/proc`, and where there is no limit.
 */
export function openFilesLimit(): number | undefined {
  try {
    return parseOpenFilesLimit(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** The soft limit of `Max open files` in the text of `/proc/self/limits`. */
export function parseOpenFilesLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

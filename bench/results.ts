import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One measured figure. With a budget of its name it passes or fails. */
export interface Figure {
  /** The name of its budget, or a name without one, for the record. */
  readonly name: string;
  readonly value: number;
  /** How it came about: `ours 1.9 s, KWOK 15.2 s`. */
  readonly note: string;
}

interface Budget {
  readonly max: number;
}

function readBudgets(): Readonly<Record<string, Budget>> {
  // Seen from build/bench/, where this file is compiled to.
  const path = fileURLToPath(new URL("../../bench/budgets.json", import.meta.url));
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Prints the figures as a table. @returns whether all are within their budgets. */
export function reportFigures(figures: readonly Figure[]): boolean {
  const budgets = readBudgets();
  let allMet = true;
  const rows = figures.map(({ name, value, note }) => {
    const max = budgets[name]?.max;
    const met = max === undefined || value <= max;
    allMet &&= met;
    const verdict = max === undefined ? "" : met ? "met" : "MISSED";
    return [name, round(value), max === undefined ? "" : `≤ ${max}`, verdict, note];
  });
  console.log("\n| figure | value | budget | verdict | from |\n|---|---|---|---|---|");
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  return allMet;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

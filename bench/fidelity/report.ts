import { chanceRows } from "./chance.ts";
import type { Comparison } from "./compare.ts";
import type { Spread } from "./intervals.ts";
import type { FieldDifference } from "./objects.ts";
import { raceMs } from "./order.ts";
import { shapeText } from "./requests.ts";
import { type Finding, isBad, type Row } from "./rows.ts";

/** A heading with a table below it, or a sentence if there is nothing to list. */
export interface Section {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly empty: string;
}

/** The sections of a report. */
export function sectionsOf(comparison: Comparison): readonly Section[] {
  return [
    ...tablesOf(comparison),
    phaseSection(comparison),
    objectSection(comparison.objects),
    ownSection(comparison),
    chanceSection(comparison.rows),
  ];
}

/** Those with what both sides do, row by row. */
export function tablesOf(comparison: Comparison): readonly Section[] {
  return [
    requestSection(comparison),
    contentSection(comparison),
    orderSection(comparison),
    intervalSection(comparison),
    serverSection(comparison),
  ];
}

/** One line: the verdict, and what speaks against it. */
export function verdictOf(comparison: Comparison): string {
  const { theirs, rows, contents, order, intervals, objects, server, own } = comparison;
  const bad = (list: readonly { readonly finding: Finding }[]): number =>
    list.filter(({ finding }) => isBad(finding)).length;
  const reasons = [
    [bad(rows), "rows of requests"],
    [bad(contents), "content types"],
    [order.inversions.length, "inversions of the order at start"],
    [bad(intervals), "intervals"],
    [bad(server), "counts of the server"],
    [objects.filter(({ purpose }) => purpose === undefined).length, "fields"],
    [own.areTooMany ? own.counts.size : 0, "shapes of requests of our own, which are too many"],
  ] as const;
  const found = reasons.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return comparison.isEqual
    ? `${theirs.version}: equal (${rows.length} rows of requests)`
    : `${theirs.version}: differs in ${found.join(", ")}`;
}

/** Sections as text for a terminal, with aligned columns. */
export function asText(sections: readonly Section[]): string {
  return sections
    .map(({ title, header, rows, empty }) => {
      if (rows.length === 0) return `${title}: ${empty}`;
      const widths = header.map((name, column) =>
        Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
      );
      const line = (cells: readonly string[]): string =>
        cells
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd();
      return [title, line(header), ...rows.map(line)].join("\n");
    })
    .join("\n\n");
}

/** Sections as Markdown. */
export function asMarkdown(sections: readonly Section[], level: number): string {
  return sections
    .map(({ title, header, rows, empty }) => {
      const heading = `${"#".repeat(level)} ${title}\n\n`;
      if (rows.length === 0) return `${heading}${empty[0]?.toUpperCase()}${empty.slice(1)}.`;
      const line = (cells: readonly string[]): string =>
        `| ${cells.map((cell) => cell.replaceAll(/[|*]/g, "\\$&")).join(" | ")} |`;
      return [`${heading}${line(header)}`, line(header.map(() => "---")), ...rows.map(line)].join(
        "\n",
      );
    })
    .join("\n\n");
}

function requestSection({ rows, theirs }: Comparison): Section {
  return {
    title: "Requests",
    header: ["theirs", "ours", "a node", "ratio", "", "agent", "verb", "request", "phases apart"],
    rows: rows.map((row) => requestRow(row, theirs.nodes.length)),
    empty: "none",
  };
}

function requestRow(row: Row, nodeCount: number): readonly string[] {
  const { shape, total, phases, apart, finding, expected } = row;
  const { path, query, code } = shape;
  const detail = shape.detail === "" ? "" : `(${shape.detail})`;
  const request = [query === "" ? path : `${path}?${query}`, code, detail]
    .filter((part) => part !== "")
    .join(" ");
  const cells = apart.map((phase) => {
    const { theirs, ours } = phases.get(phase) ?? { theirs: 0, ours: 0 };
    return `${phase} ${theirs}:${ours}`;
  });
  const aNode = (total.theirs / nodeCount).toFixed(1);
  return [
    ...[`${total.theirs}`, `${total.ours}`, aNode, ratio(expected, total.ours), mark(finding)],
    ...[shape.agent, shape.verb, request, cells.join(", ")],
  ];
}

function contentSection({ contents }: Comparison): Section {
  return {
    title: "Content types: body, Accept, answer",
    header: ["theirs", "ours", "", "agent", "verb", "request", "types"],
    rows: contents.map(({ agent, verb, path, types, counts, finding }) => [
      ...[`${counts.theirs}`, `${counts.ours}`, mark(finding), agent, verb, path, types],
    ]),
    empty: "not recorded",
  };
}

function phaseSection({ phases }: Comparison): Section {
  return {
    title: "Seconds of each phase",
    header: ["phase", "theirs", "ours"],
    rows: [...phases].map(([phase, { theirs, ours }]) => [
      phase,
      theirs.toFixed(1),
      ours.toFixed(1),
    ]),
    empty: "none",
  };
}

function orderSection({ order }: Comparison): Section {
  const inverted = new Set(order.inversions.flatMap(({ earlier, later }) => [earlier, later]));
  return {
    title: "Order at start, median of the nodes",
    header: ["theirs, ms", "ours, ms", "", "first request of its shape"],
    rows: order.steps.map(({ shape, theirsMs, oursMs }) => [
      ...[theirsMs.toFixed(0), oursMs.toFixed(0)],
      ...[inverted.has(shape) ? `NOT IN ORDER (${raceMs} ms and more apart)` : "ok", shape],
    ]),
    empty: "nothing to compare",
  };
}

function intervalSection({ intervals }: Comparison): Section {
  const text = (spread: Spread | undefined): string =>
    spread === undefined
      ? "–"
      : `${spread.median.toFixed(3)}, ${spread.p99.toFixed(3)} (${spread.count})`;
  return {
    title: "Intervals: median, 99th percentile, number",
    header: ["theirs", "ours", "", "interval"],
    rows: intervals.map(({ name, theirs, ours, finding }) => [
      ...[text(theirs), text(ours), mark(finding), name],
    ]),
    empty: "none long enough",
  };
}

function serverSection({ server }: Comparison): Section {
  return {
    title: "Counted by the server, nodes idle",
    header: ["theirs", "ours", "", "what"],
    rows: server.map(({ name, counts, finding }) => [
      ...[`${counts.theirs}`, `${counts.ours}`, mark(finding), name],
    ]),
    empty: "nothing",
  };
}

function objectSection(objects: readonly FieldDifference[]): Section {
  return {
    title: "Fields that differ",
    header: ["", "object", "field", "theirs", "ours"],
    rows: objects.map(({ subject, field, theirs, ours, purpose }) => [
      purpose === undefined ? "DIFFERS" : `on purpose: ${purpose}`,
      ...[subject, field, short(theirs), short(ours)],
    ]),
    empty: "none",
  };
}

function ownSection({ own }: Comparison): Section {
  return {
    title: "Requests of our program itself, which are no node's",
    header: ["ours", "request"],
    rows: [...own.counts].sort().map(([shape, count]) => [`${count}`, shape]),
    empty: "none",
  };
}

function chanceSection(rows: readonly Row[]): Section {
  return {
    title: "Rows that depend on chance",
    header: ["rows", "reason", "requests now"],
    rows: chanceRows.map(({ name, reason, matches }) => {
      const now = rows.filter(({ shape, finding }) => finding === "chance" && matches(shape));
      const counts = now.map(
        ({ shape, total }) => `${shapeText(shape)} ${total.theirs}:${total.ours}`,
      );
      return [name, reason, counts.join("; ")];
    }),
    empty: "none",
  };
}

function ratio(theirs: number, ours: number): string {
  return theirs === 0 ? "–" : (ours / theirs).toFixed(2);
}

function mark(finding: Finding): string {
  if (finding === "equal") return "ok";
  return isBad(finding) ? finding.toUpperCase() : finding;
}

function short(values: readonly string[]): string {
  const text = values.join(" / ");
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

import { chanceRows } from "./chance.ts";
import type { Comparison } from "./compare.ts";
import { asMarkdown, tablesOf, verdictOf } from "./report.ts";

/** What was compared, when, and with what. */
export interface PageOptions {
  /** The command that made the page. */
  readonly command: string;
  /** `2026-11-24`. */
  readonly date: string;
}

/** The page `docs/fidelity.md`: what real kubemarks sent, and what we sent. */
export function fidelityPage(comparisons: readonly Comparison[], options: PageOptions): string {
  const { command, date } = options;
  return [
    "# Fidelity: Kubemark beside Hollowmark, request by request",
    "",
    `Made by \`${command}\` on ${date}. For each version, the real \`kubemark\` and then`,
    "`hollowmark join --profile kubemark` are nodes of a real kube-apiserver, kube-controller-manager",
    "and kube-scheduler of that version, and play the same scenario: start, idle, pods behind a",
    "Service that are scaled up, down and deleted, a crash, a restart of the API server. The tables",
    "are made from the API server's audit log, its metrics, and the objects that it holds.",
    "",
    "Requests are the same if their user agent, verb, path, query, status code and content type are.",
    "In a query, `resourceVersion=N` stands for any number, a `timeoutSeconds` drawn by lot for its",
    "range, `timeout=timeoutSeconds` for one of the same length. A row is equal if both numbers are",
    "within 2 % or within one request a node, as a whole and in each phase of the scenario; a row",
    "that only one side has is never equal. What comes at intervals is compared by its rate, since a",
    "phase lasts until its pods run. Of 1.30 to 1.33 Kubemark's proxies panic as soon as they see their",
    "Node: what they send until then is compared.",
    "",
    "| version | idle for | verdict |",
    "| --- | --- | --- |",
    ...comparisons.map((comparison) => {
      const [version, verdict] = verdictOf(comparison).split(": ");
      const idleS = comparison.phases.get("idle")?.ours ?? 0;
      return `| ${version} | ${Math.round(idleS)} s | ${verdict} |`;
    }),
    "",
    "## What depends on chance",
    "",
    "No two recordings of Kubemark itself agree in these rows, so they do not decide; how far apart",
    "they may be has a limit.",
    "",
    ...chanceRows.map(({ name, reason, apart }) => {
      return `- **${name[0]?.toUpperCase()}${name.slice(1)}**, up to ${apart} requests a node. ${reason}`;
    }),
    "",
    "## Where we leave Kubemark on purpose",
    "",
    ...purposesOf(comparisons).map(([field, reason]) => `- \`${field}\`: ${reason}.`),
    ...comparisons.flatMap(ownLines),
    ...comparisons.flatMap((comparison) => [
      "",
      `## ${comparison.theirs.version}`,
      "",
      asMarkdown(tablesOf(comparison), 3),
    ]),
    "",
  ].join("\n");
}

/** Each field that is meant to differ, once. */
function purposesOf(comparisons: readonly Comparison[]): readonly (readonly [string, string])[] {
  const purposes = comparisons.flatMap(({ objects }) =>
    objects.flatMap(({ field, purpose }) =>
      purpose === undefined ? [] : [[field, purpose] as const],
    ),
  );
  return [...new Map(purposes)].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The requests of the program itself, from the first comparison that has any. */
function ownLines({ own }: Comparison, index: number): readonly string[] {
  if (index > 0 || own.counts.size === 0) return [];
  const lines = [...own.counts].sort().map(([shape, count]) => `  - ${count} × \`${shape}\``);
  return ["- Requests of the program itself, however many nodes it has:", ...lines];
}

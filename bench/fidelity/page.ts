import type { Comparison } from "./compare.ts";
import { asMarkdown, sectionsOf, verdictOf } from "./report.ts";

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
    "that only one side has is never equal.",
    "",
    "| version | verdict |",
    "| --- | --- |",
    ...comparisons.map((comparison) => {
      const [version, verdict] = verdictOf(comparison).split(": ");
      return `| ${version} | ${verdict} |`;
    }),
    ...comparisons.flatMap((comparison) => [
      "",
      `## ${comparison.theirs.version}`,
      "",
      asMarkdown(sectionsOf(comparison), 3),
    ]),
    "",
  ].join("\n");
}

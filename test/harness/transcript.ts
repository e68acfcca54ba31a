import type { CommandResult } from "../control-plane/processes.ts";

/** Runs kubectl with arguments. */
export type Kubectl = (args: readonly string[], stdin?: string) => Promise<CommandResult>;

/** A session at the terminal: what was typed and what came back, with what varies masked. */
export interface Transcript {
  /** Types a command line for kubectl, and writes down what it prints and an exit code above 0. */
  type(
    commandLine: string,
    options?: { readonly distinct?: boolean; readonly stdin?: string },
  ): Promise<string>;
  /** Writes down a remark. */
  say(line: string): void;
  text(): string;
}

/** What differs from run to run, from server to server, or with the clock. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uid>"],
  [/\b(web|agent)-[0-9a-z]{7,10}-[0-9a-z]{5}\b/g, "$1-<hash>-<id>"],
  [/\b(web|agent)-(?=[0-9a-z]*\d)[0-9a-z]{8,10}\b/g, "$1-<hash>"],
  [/\bagent-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "agent-<id>"],
  [/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\b/g, "<time>"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d+)?\b/g, "<ip>"],
  [/\bv1\.\d+\.\d+\b/g, "<version>"],
  [/(?<=\s)(?:\d+[smhd])+(?=\s|$|\))/gm, "<age>"],
  [/\bpod-template-hash=\w+/g, "pod-template-hash=<hash>"],
];

/** Hides what varies, and folds the spaces of columns whose width follows it. */
function mask(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of masks) masked = masked.replaceAll(pattern, replacement);
  return masked
    .split("\n")
    .map((line) => line.replaceAll(/(?<=\S) {2,}/g, "  ").trimEnd())
    .join("\n")
    .trimEnd();
}

export function createTranscript(kubectl: Kubectl): Transcript {
  const lines: string[] = [];
  return {
    async type(commandLine, { distinct = false, stdin } = {}) {
      const { stdout, stderr, code } = await kubectl(splitWords(commandLine), stdin);
      const output = mask([stdout, stderr].filter((part) => part !== "").join("\n"));
      lines.push(`$ kubectl ${commandLine}`);
      if (output !== "") lines.push(distinct ? distinctLines(output) : output);
      if (code !== 0) lines.push(`(exit code ${code})`);
      lines.push("");
      return stdout;
    },
    say(line) {
      lines.push(`# ${line}`, "");
    },
    text: () => lines.join("\n"),
  };
}

/** For lists whose length depends on how fast things went. */
function distinctLines(text: string): string {
  return [...new Set(text.split("\n"))].sort().join("\n");
}

/** Words as a shell splits them, with single and double quotes. */
function splitWords(commandLine: string): readonly string[] {
  const words = commandLine.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

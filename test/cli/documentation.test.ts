import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { flagName } from "../../src/cli/options/option-table.ts";
import { readProjectFile } from "../tidy/source-files.ts";

const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readProjectFile("package.json"),
);
const root = fileURLToPath(new URL("../../", import.meta.url));

interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

function codeBlocks(markdown: string): readonly CodeBlock[] {
  const found = markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language = "", text = ""]) => ({ language, text }));
}

const pages = ["", "docs/", "examples/", "test/"]
  .flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: folder !== "", encoding: "utf8" }).map(
      (name) => `${folder}${name}`,
    ),
  )
  .filter((path) => path.endsWith(".md"));
const blocks = pages.flatMap((page) =>
  codeBlocks(readProjectFile(page)).map((block) => ({ page, ...block })),
);
const shellLines = blocks
  .filter(({ language }) => ["bash", "sh", "console"].includes(language))
  .flatMap(({ page, text }) =>
    text
      .replaceAll("\\\n", " ")
      .split(/\n|&&/)
      .map((line) => ({
        page,
        line: line
          .replace(/\s#.*$/, "")
          .replace(/^\$ /, "")
          .trim(),
      })),
  )
  .filter(({ line }) => line !== "");

/** What of a command line is no command of ours; empty if all is well. */
function unknownIn(line: string): readonly string[] {
  const npm = /^npm (?:run (?:-s )?([\w:-]+)|(test|start)\b)/.exec(line);
  if (npm !== null) {
    const script = npm[1] ?? npm[2] ?? "";
    return script in manifest.scripts ? [] : [`npm script ${script}`];
  }
  const program = /^(?:npx )?hollowmark (.*)$/.exec(line);
  if (program !== null) return unknownFlags(program[1] ?? "");
  const built = /^node (?:build|dist)\/(\S+)\.js/.exec(line)?.[1];
  if (built === undefined) return [];
  const sources = [`${built}.ts`, `src/${built}.ts`];
  return sources.some((path) => existsSync(`${root}${path}`)) ? [] : [`program ${built}`];
}

function unknownFlags(argumentsLine: string): readonly string[] {
  const [name = "", ...words] = argumentsLine.split(/\s+/);
  if (name.startsWith("-") || name === "help") return [];
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return [`command ${name}`];
  const rows = Object.entries(command.options);
  const known = new Set([
    "--help",
    ...(command.takesFile ? ["--config"] : []),
    ...rows.map(([key]) => `--${flagName(key)}`),
    ...rows.flatMap(([, { short }]) => (short === undefined ? [] : [`-${short}`])),
  ]);
  return words
    .filter((word) => word.startsWith("-"))
    .map((word) => word.replace(/=.*$/, "").replace(/^(-[a-z])\d+$/, "$1"))
    .filter((flag) => !known.has(flag));
}

describe("the documentation names only what there is", () => {
  test("it was found", () => {
    expect(pages).toContain("CONTRIBUTING.md");
    expect(shellLines.length).toBeGreaterThan(5);
  });

  test.each([
    ["npm run nothing", ["npm script nothing"]],
    ["hollowmark up --nodes 5 --nods=5 -v4", ["--nods"]],
    ["npx hollowmark jump", ["command jump"]],
    ["node build/no/such.js", ["program no/such"]],
    ["kubectl get nodes", []],
  ])("%s", (line, unknown) => {
    expect(unknownIn(line)).toEqual(unknown);
  });

  test.each(pages)("commands and flags of %s", (page) => {
    const lines = shellLines.filter((candidate) => candidate.page === page);
    expect(lines.flatMap(({ line }) => unknownIn(line))).toEqual([]);
  });

  test("names that TypeScript blocks import", async () => {
    const packages: Readonly<Record<string, object>> = {
      hollowmark: await import("../../src/index.ts"),
      "hollowmark/client": await import("../../src/client/index.ts"),
      "hollowmark/apiserver": await import("../../src/apiserver/index.ts"),
      "hollowmark/testing": await import("../../src/testing.ts"),
    };
    const unknown = blocks
      .filter(({ language }) => language === "ts")
      .flatMap(({ page, text }) =>
        [...text.matchAll(/import \{([^}]*)\} from "(hollowmark[^"]*)"/g)].flatMap(
          ([, names = "", from = ""]) =>
            names
              .split(",")
              .map((name) => name.trim())
              .filter((name) => name !== "" && !name.startsWith("type "))
              .filter((name) => !(name in (packages[from] ?? {})))
              .map((name) => `${page}: ${name} from ${from}`),
        ),
      );
    expect(unknown).toEqual([]);
  });
});

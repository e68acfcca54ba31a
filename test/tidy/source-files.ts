import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly text: string;
  /** What it imports or re-exports, static or dynamic, as written. */
  readonly imports: readonly string[];
}

/** The TypeScript files below a folder of the project, generated tables left out. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts") && !path.includes(".generated."))
    .map((path) => {
      const text = readFileSync(`${root}${path}`, "utf8");
      return { path, text, imports: importsOf(text) };
    });
}

/** The text of a file of the project. */
export function readProjectFile(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

function importsOf(text: string): readonly string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

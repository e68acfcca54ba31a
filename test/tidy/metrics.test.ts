import { expect, test } from "vitest";
import { readProjectFile, sourceFiles } from "./source-files.ts";

const pattern =
  /["`]((?:hollowmark|rest_client|scheduler|kubeproxy)_[a-z_]+_[a-z]+|hollowmark_[a-z]+)["`]/g;

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}

test("docs/reference/metrics.md has the metrics that there are", () => {
  const inSource = sourceFiles("src")
    .filter(({ path }) => !path.endsWith(".test.ts"))
    .flatMap(({ text }) => namesIn(text));
  const documented = namesIn(readProjectFile("docs/reference/metrics.md"));
  expect([...new Set(documented)].sort()).toEqual([...new Set(inSource)].sort());
});

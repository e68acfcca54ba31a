import { expect, test } from "vitest";
import { readProjectFile } from "../tidy/source-files.ts";

const faces: Readonly<Record<string, string>> = {
  hollowmark: "src/index.ts",
  "hollowmark/client": "src/client/index.ts",
  "hollowmark/apiserver": "src/apiserver/index.ts",
  "hollowmark/testing": "src/testing.ts",
};

/** The names that a face exports, sorted, types marked. */
function exportedNames(path: string): readonly string[] {
  const names: string[] = [];
  for (const [, kind, list = ""] of readProjectFile(path).matchAll(/export (type )?\{([^}]*)\}/g)) {
    for (const entry of list.split(",")) {
      const name = entry.trim();
      if (name === "") continue;
      names.push(
        kind !== undefined || name.startsWith("type ") ? `type ${name.replace("type ", "")}` : name,
      );
    }
  }
  return names.sort();
}

test("a change of the public names is a change of this file", async () => {
  const surface = Object.entries(faces)
    .map(
      ([name, path]) =>
        `${name}\n${exportedNames(path)
          .map((line) => `  ${line}\n`)
          .join("")}`,
    )
    .join("\n");
  await expect(surface).toMatchFileSnapshot("./api-surface.txt");
});

import { expect, test } from "vitest";
import { layerBreaches, layers } from "./layers.ts";
import { type SourceFile, sourceFiles } from "./source-files.ts";

const source = sourceFiles("src");
const all = [...source, ...sourceFiles("test"), ...sourceFiles("bench"), ...sourceFiles("scripts")];

test("no folder imports what lies beside or above it, nor past an index.ts", () => {
  expect(source.flatMap(layerBreaches)).toEqual([]);
});

test.each([
  {
    name: "a lower layer importing a higher one",
    path: "src/k8s/a.ts",
    imports: "../client/index.ts",
  },
  {
    name: "a folder entered past its face",
    path: "src/fleet/a.ts",
    imports: "../client/informer.ts",
  },
  {
    name: "a nested file doing so",
    path: "src/apiserver/store/a.ts",
    imports: "../../client/index.ts",
  },
])("the layers test finds $name", ({ path, imports }) => {
  expect(layerBreaches({ path, text: "", imports: [imports] })).toHaveLength(1);
});

test("every folder of src has its place in the layers", () => {
  const folders = new Set(source.map(({ path }) => path.split("/")[1] ?? ""));
  const known = new Set([...Object.keys(layers), "cli", "index.ts", "testing.ts"]);
  expect([...folders].filter((folder) => !known.has(folder))).toEqual([]);
});

interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
  readonly except?: readonly string[];
}

const bans: readonly Ban[] = [
  { name: "Math.random", pattern: /\bMath\.random\b/, instead: "env.random (base/random.ts)" },
  {
    name: "TODO, FIXME, XXX",
    pattern: /\b(?:TODO|FIXME|XXX)\b/,
    instead: "do it, or leave it out",
  },
  {
    name: "process.exit",
    pattern: /\bprocess\.exit\(/,
    instead: "a returned exit code",
    except: ["src/cli/main.ts"],
  },
  {
    name: "process in a library room",
    pattern: /\bprocess\.(?:std|argv|on\()/,
    instead: "a value or an AbortSignal from cli/",
    except: ["src/cli/"],
  },
  { name: "export *", pattern: /^export \*/m, instead: "an explicit list of names" },
  {
    name: "lint suppressions",
    pattern: /biome-ignore|@ts-ignore|@ts-expect-error/,
    instead: "code that passes",
  },
];

test.each(bans)("src has no $name", ({ pattern, instead, except = [] }) => {
  const offenders = source
    .filter(
      ({ path }) => !path.endsWith(".test.ts") && !except.some((start) => path.startsWith(start)),
    )
    .filter(({ text }) => pattern.test(text))
    .map(({ path }) => `${path}: use ${instead}`);
  expect(offenders).toEqual([]);
});

function lines(file: SourceFile): number {
  return file.text.split("\n").length - 1;
}

test("no file is longer than 400 lines", () => {
  const long = all.filter((file) => lines(file) > 400);
  expect(long.map((file) => `${file.path}: ${lines(file)} lines`)).toEqual([]);
});

test("nine files in ten have at most 270 lines", () => {
  const sizes = all.map(lines).sort((left, right) => left - right);
  expect(sizes[Math.floor(sizes.length * 0.9)]).toBeLessThanOrEqual(270);
});

test("no test sleeps", () => {
  const offenders = sourceFiles("src").filter(
    ({ path, text }) => path.endsWith(".test.ts") && /\bsetTimeout\(|\bvi\.mock\(/.test(text),
  );
  expect(offenders.map(({ path }) => path)).toEqual([]);
});

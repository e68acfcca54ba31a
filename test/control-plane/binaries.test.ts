import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BuildError, cacheRoot, ensureBinaries } from "./binaries.ts";
import {
  cacheFolder,
  goBuildArguments,
  pinnedModules,
  requiredGoVersion,
} from "./pinned-modules.ts";

/** Stands for Go: counts its builds, and writes a file where `-o` says. */
const builderScript = `#!/bin/sh
if [ "$1" = version ]; then echo go version go1.99.0; exit 0; fi
echo build >> "$GO_CALLS"
while [ "$1" != -o ]; do shift; done
output=$2; shift 2
if [ $# = 1 ]; then echo "$1" > "$output"; chmod +x "$output"; exit 0; fi
for package in "$@"; do echo "$package" > "$output/\${package##*/}"; chmod +x "$output/\${package##*/}"; done
`;
const tooOldScript = `#!/bin/sh
echo "go: go.mod requires go >= 1.24.0 (running go 1.21.0; GOTOOLCHAIN=local)" >&2; exit 1
`;
const brokenScript = `#!/bin/sh
if [ "$1" = version ]; then exit 0; fi
echo "proxy: connection refused" >&2; exit 1
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hollowmark-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes an executable that the tests' PATH leads to. */
async function script(name: string, text: string, place = "bin"): Promise<void> {
  await mkdir(join(folder, place), { recursive: true });
  await writeFile(join(folder, place, name), text);
  await chmod(join(folder, place, name), 0o755);
}

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
    HOLLOWMARK_CACHE: join(folder, "cache"),
    GO_CALLS: join(folder, "calls"),
    ...more,
  };
}

const silent = (): void => {};

describe("ensureBinaries", () => {
  test("builds what is missing, once", async () => {
    await script("go", builderScript);
    const lines: string[] = [];
    const options = { environment: environment(), report: (line: string) => lines.push(line) };
    const first = await ensureBinaries("v1.34.4", { ...options, names: ["kubectl"] });
    expect(await readFile(first.get("kubectl") ?? "", "utf8")).toBe(
      "k8s.io/kubernetes/cmd/kubectl\n",
    );
    const all = await ensureBinaries("v1.34.4", options);
    expect([...all.keys()].sort()).toEqual([
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kubectl",
    ]);
    expect(await ensureBinaries("v1.34.4", options)).toEqual(all);
    expect(await readFile(join(folder, "calls"), "utf8")).toBe("build\nbuild\n");
    expect(lines).toEqual([
      "building kubectl v1.34.4 …",
      "built kubectl v1.34.4 in 0 s",
      "building kube-apiserver, kube-controller-manager, kube-scheduler v1.34.4 …",
      "built kube-apiserver, kube-controller-manager, kube-scheduler v1.34.4 in 0 s",
    ]);
  });

  test("two builders at once both get whole files, and leave nothing aside", async () => {
    await script("go", builderScript);
    const options = { environment: environment(), report: silent };
    const [one, other] = await Promise.all([
      ensureBinaries("kwok", options),
      ensureBinaries("kwok", options),
    ]);
    expect(one).toEqual(other);
    const [target = ""] = await readdir(join(folder, "cache"));
    expect((await readdir(join(folder, "cache", target))).sort()).toEqual(["kwok", "kwokctl"]);
  });

  test.each([
    {
      name: "no Go at all",
      go: undefined,
      message:
        /^etcd v3\.6\.5: install Go 1\.24\.0 or newer to build it, or set KUBEBUILDER_ASSETS \(there is no go on the PATH\)$/,
    },
    {
      name: "a Go that is too old",
      go: tooOldScript,
      message:
        /^etcd v3\.6\.5: install Go 1\.24\.0 or newer .*\(go: go\.mod requires go >= 1\.24\.0 .*\)$/,
    },
    {
      name: "a build that fails",
      go: brokenScript,
      message: /^etcd v3\.6\.5: go build failed\nproxy: connection refused$/,
    },
  ])("says what to do about $name", async ({ go, message }) => {
    if (go !== undefined) await script("go", go);
    const found = ensureBinaries("etcd", {
      environment: environment(go === undefined ? { PATH: join(folder, "bin") } : {}),
      report: silent,
    });
    await expect(found).rejects.toThrow(BuildError);
    await expect(found).rejects.toThrow(message);
  });

  test("takes KUBEBUILDER_ASSETS of the same minor version, and builds the rest", async () => {
    await script("go", builderScript);
    await script("kube-apiserver", "#!/bin/sh\necho Kubernetes v1.34.1\n", "assets");
    await script("kubectl", "#!/bin/sh\n", "assets");
    const assets = join(folder, "assets");
    const lines: string[] = [];
    const options = {
      names: ["kube-apiserver", "kubectl", "kube-scheduler"],
      environment: environment({ KUBEBUILDER_ASSETS: assets }),
      report: (line: string) => lines.push(line),
    };
    const same = await ensureBinaries("v1.34.4", options);
    expect(same.get("kube-apiserver")).toBe(join(assets, "kube-apiserver"));
    expect(same.get("kubectl")).toBe(join(assets, "kubectl"));
    expect(same.get("kube-scheduler")).toContain(join(folder, "cache"));
    const other = await ensureBinaries("v1.31.0", options);
    expect(other.get("kubectl")).toContain(join(folder, "cache"));
    expect(lines).toContain(
      "KUBEBUILDER_ASSETS holds kube-apiserver v1.34.1, not v1.31.0: not used",
    );
  });
});

test.each([
  { name: "our own", environment: { HOLLOWMARK_CACHE: "/a", XDG_CACHE_HOME: "/b" }, root: "/a" },
  { name: "the desktop's", environment: { XDG_CACHE_HOME: "/b" }, root: "/b/hollowmark" },
  { name: "the home folder's", environment: {}, root: /\/\.cache\/hollowmark$/ },
])("the cache is $name variable's", ({ environment, root }) => {
  expect(cacheRoot(environment)).toMatch(root);
});

test.each([
  { name: "go.sum", change: { goSum: "other" } },
  { name: "go.mod", change: { goMod: "other" } },
])("another $name is another folder of the cache", ({ change }) => {
  const files = { goMod: "module x", goSum: "sum" };
  const module = pinnedModules["v1.34.4"];
  const name = cacheFolder("v1.34.4", module, files, "linux/x64");
  expect(name).toMatch(/^kubernetes-v1\.34\.4-[0-9a-f]{16}$/);
  expect(cacheFolder("v1.34.4", module, { ...files, ...change }, "linux/x64")).not.toBe(name);
});

test("a build tells Kubernetes which version it is", () => {
  const args = goBuildArguments(pinnedModules["v1.31.0"], ["kubectl"], "/out");
  expect(args.join(" ")).toMatch(/-X k8s\.io\/component-base\/version\.gitVersion=v1\.31\.0 /);
  expect(args.slice(-3)).toEqual(["-o", "/out/kubectl", "k8s.io/kubernetes/cmd/kubectl"]);
  expect(() => goBuildArguments(pinnedModules.etcd, ["kubectl"], "/out")).toThrow(RangeError);
});

test("the Go that a module needs is in its go.mod", () => {
  expect(requiredGoVersion("module x\n\ngo 1.22.0\n")).toBe("1.22.0");
});

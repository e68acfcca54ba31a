import { createHash } from "node:crypto";

/** The pinned Kubernetes versions: one folder under `versions/` each. */
export const kubernetesVersions = [
  "v1.30.4",
  "v1.31.0",
  "v1.32.0",
  "v1.33.13",
  "v1.34.4",
  "v1.35.4",
  "v1.36.3",
] as const;

/** One of {@link kubernetesVersions}. */
export type KubernetesVersion = (typeof kubernetesVersions)[number];

/** What can be built: the commands of one Kubernetes version, or one of the tools beside them. */
export type BuildTarget = KubernetesVersion | "etcd" | "etcdctl" | "kwok";

/** A Go module of this repository whose go.sum pins what is built. */
export interface PinnedModule {
  /** The version of the upstream project, as it calls itself. */
  readonly version: string;
  /** Folder of go.mod, relative to this one. */
  readonly folder: string;
  /** Go package by the name of the binary that it becomes. */
  readonly packages: Readonly<Record<string, string>>;
  /** Those of them that are built only when they are asked for by name. */
  readonly onRequest: readonly string[];
  /** Linker variables, `-X` by `-X`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** To build another command of Kubernetes, name it here and in tools.go of each version. */
const kubernetesCommands = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kubemark",
] as const;

/** What each target is made of. */
export const pinnedModules: Readonly<Record<BuildTarget, PinnedModule>> = {
  "v1.30.4": kubernetes("v1.30.4"),
  "v1.31.0": kubernetes("v1.31.0"),
  "v1.32.0": kubernetes("v1.32.0"),
  "v1.33.13": kubernetes("v1.33.13"),
  "v1.34.4": kubernetes("v1.34.4"),
  "v1.35.4": kubernetes("v1.35.4"),
  "v1.36.3": kubernetes("v1.36.3"),
  // Built, and not taken from a distribution: kube-apiserver from 1.31 on needs the progress
  // notifications of etcd 3.5 and later for consistent lists from its watch cache.
  etcd: {
    version: "v3.6.5",
    folder: "etcd",
    packages: { etcd: "go.etcd.io/etcd/server/v3" },
    onRequest: [],
    variables: {},
  },
  etcdctl: {
    version: "v3.6.5",
    folder: "etcd",
    packages: { etcdctl: "go.etcd.io/etcd/etcdctl/v3" },
    onRequest: [],
    variables: {},
  },
  kwok: {
    version: "v0.8.0",
    folder: "kwok",
    packages: { kwok: "sigs.k8s.io/kwok/cmd/kwok", kwokctl: "sigs.k8s.io/kwok/cmd/kwokctl" },
    onRequest: [],
    variables: {},
  },
};

/** The binaries of a module that are built when none is named. */
export function defaultNames(module: PinnedModule): readonly string[] {
  return Object.keys(module.packages).filter((name) => !module.onRequest.includes(name));
}

/** The arguments of `go build` that give these binaries of a module into a folder. */
export function goBuildArguments(
  module: PinnedModule,
  names: readonly string[],
  outputFolder: string,
): readonly string[] {
  const packages = names.map((name) => {
    const path = module.packages[name];
    if (path === undefined) throw new RangeError(`${module.folder} has no command "${name}"`);
    return path;
  });
  const [only] = names;
  // With one package `go build` names the binary after -o; with several, after the packages.
  const output =
    names.length === 1 && only !== undefined ? `${outputFolder}/${only}` : outputFolder;
  return ["build", ...buildFlags(module), "-o", output, ...packages];
}

/** Names the folder of the cache that holds a target's binaries: equal input, equal binaries. */
export function cacheFolder(
  target: BuildTarget,
  module: PinnedModule,
  files: { readonly goMod: string; readonly goSum: string },
  platform: string,
): string {
  const hash = createHash("sha256");
  for (const part of [files.goMod, files.goSum, platform, ...buildFlags(module)]) {
    hash.update(`${part.length}:${part}`);
  }
  const name = target === module.version ? "kubernetes" : target;
  return `${name}-${module.version}-${hash.digest("hex").slice(0, 16)}`;
}

/** The least Go that a go.mod asks for, such as "1.24.0". */
export function requiredGoVersion(goMod: string): string {
  return /^go (\S+)$/m.exec(goMod)?.[1] ?? "1.26.0";
}

/** "v1.34.4" → "1.34". */
export function minorOf(version: string): string {
  return /^v?(\d+\.\d+)/.exec(version)?.[1] ?? version;
}

function buildFlags(module: PinnedModule): readonly string[] {
  const variables = Object.entries(module.variables).map(([name, value]) => `-X ${name}=${value}`);
  return ["-trimpath", "-buildvcs=false", "-ldflags", ["-s -w", ...variables].join(" ")];
}

function kubernetes(version: KubernetesVersion): PinnedModule {
  const [major = "", minor = ""] = minorOf(version).split(".");
  const variables: Record<string, string> = {};
  // Without them the server calls itself v0.0.0-master and clients refuse features. The second
  // package is what client-go's User-Agent says.
  for (const path of ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]) {
    variables[`${path}.gitVersion`] = version;
    variables[`${path}.gitMajor`] = major;
    variables[`${path}.gitMinor`] = minor;
  }
  return {
    version,
    folder: `versions/${version}`,
    packages: Object.fromEntries(
      kubernetesCommands.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`]),
    ),
    onRequest: ["kubemark"],
    variables,
  };
}

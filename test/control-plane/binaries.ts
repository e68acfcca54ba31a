import { existsSync } from "node:fs";
import { access, constants, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BuildTarget,
  cacheFolder,
  defaultNames,
  goBuildArguments,
  minorOf,
  type PinnedModule,
  pinnedModules,
  requiredGoVersion,
} from "./pinned-modules.ts";
import { type CommandResult, lastLines, runCommand } from "./processes.ts";

/** Says in one line why binaries could not be had, and what to install. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/** Settings of {@link ensureBinaries}; all have defaults. */
export interface EnsureBinariesOptions {
  /** Which of the target's commands. Default: all but those built only on request. */
  readonly names?: readonly string[];
  /** Takes each line of progress. Default: stderr. */
  readonly report?: (line: string) => void;
  /** Default: the process environment. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
}

/**
 * Finds a target's binaries, or builds them with Go and keeps them.
 *
 * Looks first in KUBEBUILDER_ASSETS (as envtest does), if the kube-apiserver there is of the
 * target's minor version; then in the cache; then runs `go build` in the pinned module.
 * A cold build of one Kubernetes version takes about five minutes on two cores.
 *
 * @returns The path of each binary by its name.
 * @throws BuildError where Go is missing, too old, or fails.
 */
export async function ensureBinaries(
  target: BuildTarget,
  options: EnsureBinariesOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const module = pinnedModules[target];
  const environment = options.environment ?? process.env;
  const report = options.report ?? ((line) => process.stderr.write(`${line}\n`));
  const names = options.names ?? defaultNames(module);
  const moduleFolder = join(controlPlaneFolder(), module.folder);
  const goMod = await readFile(join(moduleFolder, "go.mod"), "utf8");
  const goSum = await readFile(join(moduleFolder, "go.sum"), "utf8");
  const platform = `${process.platform}/${process.arch}`;
  const folder = join(
    cacheRoot(environment),
    cacheFolder(target, module, { goMod, goSum }, platform),
  );

  const found = new Map<string, string>();
  const assets = await usableAssets(target, environment, report);
  for (const name of names) {
    const places = [assets, folder].filter((place) => place !== undefined);
    for (const path of places.map((place) => join(place, name))) {
      if (!found.has(name) && (await isExecutable(path))) found.set(name, path);
    }
  }
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) {
    await build(module, missing, { folder, moduleFolder, goMod, environment, report });
    for (const name of missing) found.set(name, join(folder, name));
  }
  return found;
}

/** The path of a binary that {@link ensureBinaries} was asked for. */
export function binaryPath(binaries: ReadonlyMap<string, string>, name: string): string {
  const path = binaries.get(name);
  if (path === undefined) throw new BuildError(`${name}: no such binary was asked for`);
  return path;
}

/** Where built binaries are kept: outside the repository, so that a clean clone finds them. */
export function cacheRoot(environment: Readonly<NodeJS.ProcessEnv>): string {
  const own = environment["HOLLOWMARK_CACHE"];
  if (own) return own;
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hollowmark");
}

interface BuildPlace {
  readonly folder: string;
  readonly moduleFolder: string;
  readonly goMod: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly report: (line: string) => void;
}

async function build(
  module: PinnedModule,
  names: readonly string[],
  place: BuildPlace,
): Promise<void> {
  const subject = `${names.join(", ")} ${module.version}`;
  const go = (args: readonly string[]): Promise<CommandResult> =>
    runCommand("go", args, {
      cwd: place.moduleFolder,
      environment: { ...place.environment, CGO_ENABLED: "0", GOWORK: "off" },
    });
  // `go version` inside the module fails where the module asks for a newer Go than there is.
  const check = await go(["version"]);
  if (check.code !== 0) {
    const wanted = requiredGoVersion(place.goMod);
    const reason =
      check.code === "ENOENT" ? "there is no go on the PATH" : lastLines(check.stderr, 1);
    throw new BuildError(
      `${subject}: install Go ${wanted} or newer to build it, or set KUBEBUILDER_ASSETS (${reason})`,
    );
  }
  const startedMs = Date.now();
  place.report(`building ${subject} …`);
  await mkdir(place.folder, { recursive: true });
  // Built aside and renamed into place: two builders at once both end with whole files.
  const aside = await mkdtemp(join(place.folder, "building-"));
  try {
    const result = await go(goBuildArguments(module, names, aside));
    if (result.code !== 0) {
      throw new BuildError(`${subject}: go build failed\n${lastLines(result.stderr, 20)}`);
    }
    for (const name of names) await rename(join(aside, name), join(place.folder, name));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  place.report(`built ${subject} in ${Math.round((Date.now() - startedMs) / 1_000)} s`);
}

/** The folder of KUBEBUILDER_ASSETS, if what it holds is of the target's minor version. */
async function usableAssets(
  target: BuildTarget,
  environment: Readonly<NodeJS.ProcessEnv>,
  report: (line: string) => void,
): Promise<string | undefined> {
  const assets = environment["KUBEBUILDER_ASSETS"];
  if (!assets) return undefined;
  if (target === "etcd" || target === "etcdctl") return assets;
  if (target === "kwok") return undefined;
  const result = await runCommand(join(assets, "kube-apiserver"), ["--version"]);
  const version = /^Kubernetes (v\S+)/.exec(result.stdout)?.[1];
  if (version !== undefined && minorOf(version) === minorOf(target)) return assets;
  report(`KUBEBUILDER_ASSETS holds kube-apiserver ${version ?? "none"}, not ${target}: not used`);
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** test/control-plane in the repository, also when this code runs compiled from build/. */
function controlPlaneFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new BuildError("the repository's package.json is nowhere above");
    folder = parent;
  }
  return join(folder, "test", "control-plane");
}

import { chmod, mkdir, open, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../k8s/json.ts";
import { fileProblem, KubeconfigError } from "./kubeconfig-error.ts";
import { describe, formatYaml, parseYamlObject } from "./kubeconfig-yaml.ts";

/** What a cluster adds to a kubeconfig: a cluster, a user and a context, all of one name. */
export interface KubeconfigEntry {
  readonly name: string;
  readonly server: string;
  /** All PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Adds an entry to a kubeconfig file, or replaces the one of its name, and makes it the current
 * context. The file is made if there is none; what else it says stays, but comments do not, as with
 * `kubectl config`. It is replaced in one step and only its owner can read it.
 *
 * @throws KubeconfigError when the file is no kubeconfig or cannot be written; it is untouched then.
 */
export async function addToKubeconfigFile(file: string, entry: KubeconfigEntry): Promise<void> {
  await rewrite(file, (text) => addToKubeconfig(text, entry, file));
}

/**
 * Takes the entry out again, and makes the context current that was so before it. A file that says
 * nothing more is removed; a missing one is no error.
 */
export async function removeFromKubeconfigFile(file: string, name: string): Promise<void> {
  await rewrite(file, (text) => removeFromKubeconfig(text, name, file));
}

/** The text of a kubeconfig with the entry in it; `text` may be empty. @throws KubeconfigError */
export async function addToKubeconfig(
  text: string,
  entry: KubeconfigEntry,
  file: string,
): Promise<string> {
  const config = await parse(text, file);
  const { name } = entry;
  const previous = previousContext(config, name);
  const cluster = { server: entry.server, "certificate-authority-data": base64(entry.ca) };
  const user = {
    "client-certificate-data": base64(entry.cert),
    "client-key-data": base64(entry.key),
  };
  return formatYaml({
    apiVersion: "v1",
    kind: "Config",
    ...config,
    clusters: [...without(config, "clusters", name, file), { name, cluster }],
    users: [...without(config, "users", name, file), { name, user }],
    contexts: [
      ...without(config, "contexts", name, file),
      { name, context: { cluster: name, user: name, ...remembering(previous) } },
    ],
    "current-context": name,
  });
}

/** Undefined when nothing is left of it. @throws KubeconfigError */
export async function removeFromKubeconfig(
  text: string,
  name: string,
  file: string,
): Promise<string | undefined> {
  const config = await parse(text, file);
  const lists = {
    clusters: without(config, "clusters", name, file),
    users: without(config, "users", name, file),
    contexts: without(config, "contexts", name, file),
  };
  const isEmpty = Object.values(lists).every((list) => list.length === 0);
  if (isEmpty && Object.keys(config).every((key) => ownKeys.includes(key))) return undefined;
  const previous = previousContext(config, name);
  const isThere = lists.contexts.some((entry) => isJsonObject(entry) && entry["name"] === previous);
  return formatYaml({ ...config, ...lists, "current-context": isThere ? (previous ?? "") : "" });
}

/** All that `addToKubeconfig` writes. */
const ownKeys = ["apiVersion", "kind", "clusters", "users", "contexts", "current-context"];

/** The extension of our context, as kubeconfigs have them for what a tool wants to keep there. */
const extensionName = "hollowmark";

/**
 * It stands in the file, and not in the process, so that the next run finds it when the process
 * was killed.
 */
function remembering(previous: string | undefined): JsonObject {
  if (previous === undefined) return {};
  return {
    extensions: [{ name: extensionName, extension: { "previous-context": previous } }],
  };
}

/** The context that is current but for ours: chosen since we came, or else before. */
function previousContext(config: JsonObject, name: string): string | undefined {
  const current = config["current-context"];
  if (typeof current === "string" && current !== name) return current || undefined;
  const ours = named(config["contexts"], name)?.["context"];
  const extensions = isJsonObject(ours) ? ours["extensions"] : undefined;
  const remembered = named(extensions, extensionName)?.["extension"];
  const previous = isJsonObject(remembered) ? remembered["previous-context"] : undefined;
  return typeof previous === "string" ? previous : undefined;
}

function named(list: JsonValue | undefined, name: string): JsonObject | undefined {
  if (!Array.isArray(list)) return undefined;
  return list
    .filter((entry: JsonValue) => isJsonObject(entry))
    .find((entry) => entry["name"] === name);
}

async function parse(text: string, file: string): Promise<JsonObject> {
  const config = await parseYamlObject(text, file);
  const { kind } = config;
  if (kind !== undefined && kind !== "Config") {
    throw new KubeconfigError(
      `${file}: expected a kubeconfig, found the kind ${JSON.stringify(kind)}`,
    );
  }
  const isConfig = ["clusters", "users", "contexts", "current-context", "kind", "preferences"].some(
    (name) => name in config,
  );
  if (isConfig || Object.keys(config).length === 0) return config;
  const found = Object.keys(config).slice(0, 3).join(", ");
  throw new KubeconfigError(`${file}: expected a kubeconfig, found a map of ${found}`);
}

function without(
  config: JsonObject,
  list: string,
  name: string,
  file: string,
): readonly JsonValue[] {
  const entries = config[list] ?? [];
  if (!Array.isArray(entries)) {
    throw new KubeconfigError(`${file}: ${list}: expected a list, found ${describe(entries)}`);
  }
  return entries.filter((entry: JsonValue) => !isJsonObject(entry) || entry["name"] !== name);
}

function base64(pem: string): string {
  return Buffer.from(pem).toString("base64");
}

/**
 * Replaces a file in one step, under the lock that client-go's programs take: two that write at a
 * time would lose one's entry.
 */
async function rewrite(
  file: string,
  change: (text: string) => Promise<string | undefined>,
): Promise<void> {
  // A link stays a link: what it leads to is replaced.
  const target = await realpath(file).catch(() => file);
  try {
    await mkdir(dirname(target), { recursive: true });
    await using _ = await lock(`${target}.lock`, file);
    const text = await readFile(target, "utf8").catch((error: unknown) => {
      if (fileProblem(error) === "no such file") return "";
      throw error;
    });
    const changed = await change(text);
    if (changed === undefined) await rm(target, { force: true });
    else await replace(target, changed);
  } catch (error) {
    if (error instanceof KubeconfigError) throw error;
    throw new KubeconfigError(`${file}: ${fileProblem(error)}`, { cause: error });
  }
}

async function replace(target: string, text: string): Promise<void> {
  const next = `${target}.${process.pid}.tmp`;
  try {
    const handle = await open(next, "w", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(next, 0o600); // Also where the mask or an old file says otherwise.
    await rename(next, target);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}

async function lock(path: string, file: string): Promise<AsyncDisposable> {
  try {
    const handle = await open(path, "wx", 0o600);
    await handle.close();
  } catch (error) {
    const isHeld = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!isHeld) throw error;
    const text = `another program is writing it; if none is, remove ${path}`;
    throw new KubeconfigError(`${file}: ${text}`, { cause: error });
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

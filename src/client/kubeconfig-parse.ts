import { dirname, resolve } from "node:path";
import type { JsonObject, JsonValue } from "../k8s/json.ts";
import { isJsonObject } from "../k8s/json.ts";
import { KubeconfigError } from "./kubeconfig-error.ts";
import { describe, parseYamlObject } from "./kubeconfig-yaml.ts";

/** A kubeconfig, or several that were merged. Paths in it are absolute. */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
}

interface KubeconfigContext {
  readonly cluster: string;
  readonly user: string | undefined;
  readonly namespace: string | undefined;
}

/** Something that is given as a file, or as its content in base64. */
export interface FileOrData {
  readonly file: string | undefined;
  readonly data: string | undefined;
}

export interface KubeconfigCluster {
  readonly server: string;
  readonly certificateAuthority: FileOrData;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
}

export interface KubeconfigUser {
  readonly clientCertificate: FileOrData;
  readonly clientKey: FileOrData;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly exec: ExecPlugin | undefined;
  readonly impersonate: string | undefined;
  readonly impersonateUid: string | undefined;
  readonly impersonateGroups: readonly string[];
  readonly impersonateExtra: Readonly<Record<string, readonly string[]>>;
}

/** A program that gives credentials (`client.authentication.k8s.io`). */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string | undefined;
}

/**
 * Reads one kubeconfig. Relative paths in it start at `file`'s folder.
 *
 * @throws KubeconfigError with `file` and the place in it: `users[0].user.token: expected a string`
 */
export async function parseKubeconfig(text: string, file: string): Promise<Kubeconfig> {
  const root = new Reader(await parseYamlObject(text, file), file, "");
  return {
    currentContext: root.text("current-context"),
    contexts: root.named("contexts", "context", readContext),
    clusters: root.named("clusters", "cluster", readCluster),
    users: root.named("users", "user", readUser),
  };
}

/** Of what several files say, the first holds, as in kubectl. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const merged = <V>(mapOf: (config: Kubeconfig) => ReadonlyMap<string, V>): Map<string, V> =>
    new Map(configs.toReversed().flatMap((config) => [...mapOf(config)]));
  return {
    currentContext: configs.find(({ currentContext }) => currentContext !== undefined)
      ?.currentContext,
    contexts: merged(({ contexts }) => contexts),
    clusters: merged(({ clusters }) => clusters),
    users: merged(({ users }) => users),
  };
}

function readContext(reader: Reader): KubeconfigContext {
  return {
    cluster: reader.requiredText("cluster"),
    user: reader.text("user"),
    namespace: reader.text("namespace"),
  };
}

function readCluster(reader: Reader): KubeconfigCluster {
  return {
    server: reader.requiredText("server"),
    certificateAuthority: reader.fileOrData("certificate-authority"),
    insecureSkipTlsVerify: reader.boolean("insecure-skip-tls-verify"),
    tlsServerName: reader.text("tls-server-name"),
    proxyUrl: reader.text("proxy-url"),
  };
}

function readUser(reader: Reader): KubeconfigUser {
  const provider = reader.object("auth-provider");
  if (provider !== undefined) {
    throw provider.error(
      "",
      "auth-provider was removed from Kubernetes in 1.26; use an exec plug-in",
    );
  }
  const exec = reader.object("exec");
  return {
    clientCertificate: reader.fileOrData("client-certificate"),
    clientKey: reader.fileOrData("client-key"),
    token: reader.text("token"),
    tokenFile: reader.path("tokenFile"),
    username: reader.text("username"),
    password: reader.text("password"),
    exec: exec === undefined ? undefined : readExec(exec),
    impersonate: reader.text("as"),
    impersonateUid: reader.text("as-uid"),
    impersonateGroups: reader.texts("as-groups"),
    impersonateExtra: reader.textLists("as-user-extra"),
  };
}

function readExec(reader: Reader): ExecPlugin {
  const command = reader.requiredText("command");
  return {
    apiVersion: reader.requiredText("apiVersion"),
    // A bare name is looked up in PATH, as a shell does.
    command: command.includes("/") ? reader.absolute(command) : command,
    args: reader.texts("args"),
    env: reader.pairs("env"),
    installHint: reader.text("installHint"),
    provideClusterInfo: reader.boolean("provideClusterInfo"),
    interactiveMode: reader.text("interactiveMode"),
  };
}

/** Reads the members of one map, and knows where it is for the messages. Null counts as absent. */
class Reader {
  readonly #members: JsonObject;
  readonly #file: string;
  readonly #place: string;

  constructor(members: JsonObject, file: string, place: string) {
    this.#members = members;
    this.#file = file;
    this.#place = place;
  }

  error(name: string, problem: string): KubeconfigError {
    const place = [this.#place, name].filter((part) => part !== "").join(".");
    return new KubeconfigError(`${this.#file}: ${place}: ${problem}`);
  }

  /** Absent when it is empty, as everywhere in a kubeconfig. */
  text(name: string): string | undefined {
    const value = this.#member(name);
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return value;
    throw this.error(name, `expected a string, found ${describe(value)}`);
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw this.error(name, "expected a string, found nothing");
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#member(name) ?? false;
    if (typeof value === "boolean") return value;
    throw this.error(name, `expected true or false, found ${describe(value)}`);
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value, index) => {
      if (typeof value === "string") return value;
      throw this.error(`${name}[${index}]`, `expected a string, found ${describe(value)}`);
    });
  }

  textLists(name: string): Readonly<Record<string, readonly string[]>> {
    const reader = this.object(name);
    if (reader === undefined) return {};
    return Object.fromEntries(Object.keys(reader.#members).map((key) => [key, reader.texts(key)]));
  }

  /** A list of `{name, value}`. */
  pairs(name: string): Readonly<Record<string, string>> {
    const readers = this.#objects(name);
    return Object.fromEntries(
      readers.map((reader) => [reader.requiredText("name"), reader.text("value") ?? ""]),
    );
  }

  path(name: string): string | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : this.absolute(value);
  }

  absolute(path: string): string {
    return resolve(dirname(this.#file), path);
  }

  fileOrData(name: string): FileOrData {
    return { file: this.path(name), data: this.text(`${name}-data`) };
  }

  object(name: string): Reader | undefined {
    const value = this.#member(name);
    if (value === undefined) return undefined;
    return this.#reader(name, value);
  }

  /** A list of `{name, <inner>: {…}}`, by name. Of two with one name the first holds. */
  named<V>(name: string, inner: string, read: (reader: Reader) => V): ReadonlyMap<string, V> {
    const found = new Map<string, V>();
    for (const entry of this.#objects(name)) {
      const key = entry.requiredText("name");
      const body = entry.object(inner) ?? entry.#reader(inner, {});
      if (!found.has(key)) found.set(key, read(body));
    }
    return found;
  }

  #member(name: string): JsonValue | undefined {
    return this.#members[name] ?? undefined;
  }

  #list(name: string): readonly JsonValue[] {
    const value = this.#member(name) ?? [];
    if (Array.isArray(value)) return value;
    throw this.error(name, `expected a list, found ${describe(value)}`);
  }

  #objects(name: string): readonly Reader[] {
    return this.#list(name).map((value, index) => this.#reader(`${name}[${index}]`, value));
  }

  #reader(name: string, value: JsonValue): Reader {
    if (!isJsonObject(value)) throw this.error(name, `expected a map, found ${describe(value)}`);
    return new Reader(value, this.#file, this.#place === "" ? name : `${this.#place}.${name}`);
  }
}

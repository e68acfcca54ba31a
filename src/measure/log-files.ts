import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Timer } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import type { Log, LogFields } from "../base/log.ts";
import { OptionError } from "../base/option-error.ts";
import type { Transport } from "../k8s/transport.ts";
import { formatKlog, type KlogLine, type KlogSource } from "./klog.ts";
import { withRequestLog } from "./request-log.ts";

export interface LogFilesOptions {
  /** Made if it is not there. */
  readonly folder: string;
  /** As of klog: 4 for every step, 6 and above for requests. */
  readonly verbosity: number;
  readonly processId: number;
  /** How errors name the folder. Default `folder`. */
  readonly optionName?: string;
}

/** Logs in files, `COMPONENT-NODE.log`, at their end. Disposing it writes what is left. */
export interface LogFiles extends AsyncDisposable {
  open(component: "kubelet" | "kubeproxy", node: string): LogFile;
}

/** Where one component of a node logs, and a transport to `server` that logs its requests there. */
export interface LogFile {
  readonly log: Log;
  wrap(next: Transport, server: string): Transport;
}

/** A file is open only while it is written to: 10,000 of them would be a third of all descriptors. */
const flushEveryMs = 1_000;
const filesAtOnce = 16;
/** Characters that wait to be written, of one file and of all; what comes beyond is dropped. */
const pendingMax = 256 * 1024;
const pendingInAllMax = 64 * 1024 * 1024;

/** @throws OptionError when the folder cannot be made. */
export async function openLogFiles(
  options: LogFilesOptions,
  env: Pick<Env, "clock" | "log">,
): Promise<LogFiles> {
  try {
    await mkdir(options.folder, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OptionError(options.optionName ?? "folder", why, error);
  }
  return new Folder(options, env);
}

class Folder implements LogFiles {
  readonly #options: LogFilesOptions;
  readonly #env: Pick<Env, "clock" | "log">;
  readonly #dirty = new Set<PendingLines>();
  #pending = 0;
  #timer: Timer | undefined;
  /** The flushes, one after the other. */
  #flushed: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: LogFilesOptions, env: Pick<Env, "clock" | "log">) {
    this.#options = options;
    this.#env = env;
  }

  open(component: "kubelet" | "kubeproxy", node: string): LogFile {
    const file = new PendingLines(join(this.#options.folder, `${component}-${node}.log`));
    const { verbosity, processId } = this.#options;
    const { clock } = this.#env;
    const write = (line: Omit<KlogLine, "timeMs" | "processId">): void =>
      this.#write(file, formatKlog({ ...line, timeMs: clock.nowMs(), processId }));
    return {
      log: klogLog({ verbosity, source: { file: component, line: 1 }, write }, {}),
      wrap: (next, server) =>
        withRequestLog(
          next,
          {
            verbosity,
            server,
            write: (source, message, fields) => write({ severity: "I", source, message, fields }),
          },
          clock,
        ),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#startFlush();
    return this.#flushed;
  }

  #write(file: PendingLines, line: string): void {
    if (this.#pending + line.length > pendingInAllMax || !file.add(line)) {
      file.dropped += 1;
      return;
    }
    this.#pending += line.length;
    this.#dirty.add(file);
    this.#timer ??= this.#env.clock.schedule(flushEveryMs, () => this.#startFlush());
  }

  #startFlush(): void {
    this.#timer = undefined;
    this.#flushed = this.#flushed.then(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const files = [...this.#dirty];
    this.#dirty.clear();
    this.#pending = 0;
    let next = 0;
    const writer = async (): Promise<void> => {
      for (let file = files[next]; file !== undefined; file = files[next]) {
        next += 1;
        await this.#append(file.path, file.take());
      }
    };
    await Promise.all(Array.from({ length: filesAtOnce }, writer));
  }

  /** A full disk costs lines, and is told once, until it is over. */
  async #append(path: string, text: string): Promise<void> {
    try {
      await appendFile(path, text);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#env.log.error("Logs of nodes are lost", { path, error });
      this.#hasFailed = true;
    }
  }
}

/** Lines that wait to be written to one file. A class, since there are thousands of them. */
class PendingLines {
  readonly path: string;
  dropped = 0;
  #text = "";

  constructor(path: string) {
    this.path = path;
  }

  /** Whether there was room. */
  add(line: string): boolean {
    if (this.#text.length + line.length > pendingMax) return false;
    this.#text += `${line}\n`;
    return true;
  }

  take(): string {
    const dropped = this.dropped === 0 ? "" : `(${this.dropped} lines were dropped here)\n`;
    const text = `${this.#text}${dropped}`;
    this.#text = "";
    this.dropped = 0;
    return text;
  }
}

interface KlogLogOptions {
  readonly verbosity: number;
  readonly source: KlogSource;
  write(line: Omit<KlogLine, "timeMs" | "processId">): void;
}

function klogLog(options: KlogLogOptions, base: LogFields): Log {
  const { verbosity, source, write } = options;
  const put = (severity: KlogLine["severity"], message: string, fields: LogFields = {}): void =>
    write({ severity, source, message, fields: { ...base, ...fields } });
  return {
    error: (message, fields) => put("E", message, fields),
    warn: (message, fields) => put("W", message, fields),
    info: (message, fields) => put("I", message, fields),
    debug: (message, fields) => {
      if (verbosity >= 4) put("I", message, fields);
    },
    child: (fields) => klogLog(options, { ...base, ...fields }),
  };
}

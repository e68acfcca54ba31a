import type { Clock } from "../base/clock.ts";
import type { Terminal } from "./output/terminal.ts";

/** The process around a command, as values. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the process is asked to stop. */
  readonly stop: AbortSignal;
}

/** 0: done. 1: it failed. 2: the command line or a file of settings is wrong. */
export type ExitCode = 0 | 1 | 2;

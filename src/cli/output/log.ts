import type { Clock } from "../../base/clock.ts";
import type { Log, LogFields, LogLevel } from "../../base/log.ts";
import { toMicroTime } from "../../base/rfc3339.ts";

type Level = "ERROR" | "WARN" | "INFO" | "DEBUG";

/** The least verbosity at which a level is written. */
const verbosityOf: Readonly<Record<Level, number>> = { ERROR: 0, WARN: 0, INFO: 1, DEBUG: 4 };

export interface LogOptions {
  readonly verbosity: number;
  readonly format: "text" | "json";
  /** Takes one line without its end. */
  readonly write: (line: string) => void;
}

/**
 * A log of lines, `2026-01-02T03:04:05.678000Z INFO message key=value`, or of JSON objects with
 * the same. Written here because a logging library costs more memory and start-up time than a
 * thousand hollow nodes (docs/design/dependencies.md).
 */
export function createLineLog(options: LogOptions, clock: Clock, base: LogFields = {}): Log {
  const write = (level: Level, message: string, fields: LogFields = {}): void => {
    if (options.verbosity < verbosityOf[level]) return;
    const time = toMicroTime(clock.nowMs());
    const all = { ...base, ...fields };
    options.write(
      options.format === "json"
        ? JSON.stringify({ time, level, message, ...plainErrors(all) })
        : `${time} ${level} ${message}${formatFields(all)}`,
    );
  };
  return {
    error: (message, fields) => write("ERROR", message, fields),
    warn: (message, fields) => write("WARN", message, fields),
    info: (message, fields) => write("INFO", message, fields),
    debug: (message, fields) => write("DEBUG", message, fields),
    level: levelOf(options.verbosity),
    child: (fields) => createLineLog(options, clock, { ...base, ...fields }),
  };
}

function levelOf(verbosity: number): LogLevel {
  if (verbosity >= verbosityOf.DEBUG) return "debug";
  return verbosity >= verbosityOf.INFO ? "info" : "warn";
}

function plainErrors(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? causes(value) : value,
    ]),
  );
}

function formatFields(fields: LogFields): string {
  let text = "";
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shown = value instanceof Error ? causes(value) : value;
    const plain = typeof shown === "string" && /^[\w./:@-]+$/.test(shown);
    text += ` ${key}=${plain ? shown : JSON.stringify(shown)}`;
  }
  return text;
}

/** An error's message, then those of its causes. */
function causes(error: Error): string {
  const messages: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && messages.length < 5) {
    if (!messages.includes(current.message)) messages.push(current.message);
    current = current.cause;
  }
  return messages.join(": ");
}

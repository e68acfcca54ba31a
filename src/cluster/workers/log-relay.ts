import type { Log, LogFields, LogLevel } from "../../base/log.ts";

/** A record of a log, as it goes from one thread to another. */
export interface RelayedRecord {
  readonly level: Exclude<LogLevel, "silent">;
  readonly message: string;
  readonly fields: readonly (readonly [name: string, value: RelayedValue])[];
}

/** An error goes as its message and those of its causes; what is no plain value, as its JSON. */
type RelayedValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | { readonly errors: readonly string[] };

/** A log whose records are fetched to be written elsewhere. */
export interface LogRelay {
  readonly log: Log;
  /** The records since the last time. */
  take(): readonly RelayedRecord[];
}

const ranks: Readonly<Record<LogLevel, number>> = {
  silent: 0,
  error: 1,
  warn: 2,
  info: 3,
  debug: 4,
};
/** Between two times that they are fetched; what comes beyond is counted, and dropped. */
const recordsMax = 1_000;
const causesMax = 5;

export function createLogRelay(level: LogLevel): LogRelay {
  let records: RelayedRecord[] = [];
  let dropped = 0;
  const put = (of: RelayedRecord["level"], message: string, fields: LogFields): void => {
    if (ranks[of] > ranks[level]) return;
    if (records.length === recordsMax) {
      dropped += 1;
      return;
    }
    const relayed = Object.entries(fields).map(
      ([name, value]) => [name, toRelayed(value)] as const,
    );
    records.push({ level: of, message, fields: relayed });
  };
  const logWith = (base: LogFields): Log => ({
    error: (message, fields) => put("error", message, { ...base, ...fields }),
    warn: (message, fields) => put("warn", message, { ...base, ...fields }),
    info: (message, fields) => put("info", message, { ...base, ...fields }),
    debug: (message, fields) => put("debug", message, { ...base, ...fields }),
    level,
    child: (fields) => logWith({ ...base, ...fields }),
  });
  return {
    log: logWith({}),
    take() {
      const taken = records;
      records = [];
      if (dropped > 0) {
        const fields = [["count", dropped]] as const;
        taken.push({ level: "warn", message: "Log records were dropped", fields });
      }
      dropped = 0;
      return taken;
    },
  };
}

/** Writes what a relay has given. */
export function writeRelayed(records: readonly RelayedRecord[], log: Log): void {
  for (const { level, message, fields } of records) {
    log[level](
      message,
      Object.fromEntries(fields.map(([name, value]) => [name, fromRelayed(value)])),
    );
  }
}

function toRelayed(value: unknown): RelayedValue {
  if (value instanceof Error) return { errors: messagesOf(value) };
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : JSON.stringify(value);
    default:
      return typeof value;
  }
}

function messagesOf(error: Error): readonly string[] {
  const messages: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && messages.length < causesMax) {
    messages.push(current.message);
    current = current.cause;
  }
  return messages;
}

function fromRelayed(value: RelayedValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  return value.errors.reduceRight<Error | undefined>(
    (cause, message) => (cause === undefined ? new Error(message) : new Error(message, { cause })),
    undefined,
  );
}

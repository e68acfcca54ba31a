/** Values that go beside a message, by name. An `Error` belongs under the name `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The least severe level of a log that is kept. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

/** A structured log. Messages are constant sentences; what varies goes into the fields. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** What is less severe is dropped: for whoever would have to send it far. Default `debug`. */
  readonly level?: LogLevel;
  /** A log that adds `fields` to each of its messages. */
  child(fields: LogFields): Log;
}

/** A log that keeps nothing: the default of the library. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  level: "silent",
  child: () => silentLog,
};

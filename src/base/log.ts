/** Values that go beside a message, by name. An `Error` belongs under the name `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A structured log. Messages are constant sentences; what varies goes into the fields. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to each of its messages. */
  child(fields: LogFields): Log;
}

/** A log that keeps nothing: the default of the library. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLog,
};

import type { LogFields } from "../base/log.ts";
import { toMicroTime } from "../base/rfc3339.ts";

/** Where a line was written from: what stands before the `]`. */
export interface KlogSource {
  readonly file: string;
  readonly line: number;
}

export interface KlogLine {
  readonly severity: "I" | "W" | "E";
  readonly timeMs: number;
  readonly processId: number;
  readonly source: KlogSource;
  readonly message: string;
  readonly fields: LogFields;
}

/**
 * A line as klog writes it (`klog/v2/klog.go`, formatHeader; `internal/serialize`), in UTC:
 * `I1124 11:26:03.123000    4242 kubelet.go:17] "Starting" node="hollow-0"`. Text of several lines
 * stands between `<` and `>`, indented, so that it ends where it seems to.
 */
export function formatKlog(line: KlogLine): string {
  const { severity, timeMs, processId, source, message, fields } = line;
  const time = toMicroTime(timeMs);
  const date = `${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 26)}`;
  const thread = String(processId).padStart(7);
  const head = `${severity}${date} ${thread} ${source.file}:${source.line}]`;
  const { error, ...others } = fields;
  // klog has the error first.
  const err = error === undefined ? "" : formatField("err", error);
  let text = `${head} ${JSON.stringify(message)}${err}`;
  for (const [key, value] of Object.entries(others)) text += formatField(key, value);
  return text;
}

function formatField(key: string, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return ` ${key}=${value}`;
  const text =
    value instanceof Error
      ? causes(value)
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  if (!text.includes("\n")) return ` ${key}=${JSON.stringify(text)}`;
  return ` ${key}=<\n\t${text.replaceAll("\n", "\n\t")}\n >`;
}

/** An error's message, then those of its causes, as Go wraps them. */
function causes(error: Error): string {
  const messages: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && messages.length < 5) {
    messages.push(current.message);
    current = current.cause;
  }
  return messages.join(": ");
}

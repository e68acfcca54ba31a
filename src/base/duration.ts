/** Milliseconds by unit, as `time.ParseDuration` of Go knows them. */
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5, micro sign
  μs: 1e-3, // U+03BC, Greek letter mu
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const whole = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/;
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** The milliseconds of a Go duration, such as `1m30s` or `-1.5h`; undefined for what is none. */
export function parseGoDuration(text: string): number | undefined {
  const match = whole.exec(text);
  if (match === null) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of (match[2] ?? "").matchAll(part)) {
    totalMs += Number(amount) * (unitMs[unit ?? ""] ?? 0);
  }
  return match[1] === "-" && totalMs !== 0 ? -totalMs : totalMs;
}

/** As Go prints a duration: `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const absoluteMs = Math.abs(ms);
  if (absoluteMs < 1e-3) return `${sign}${rounded(absoluteMs * 1e6, 0)}ns`;
  if (absoluteMs < 1) return `${sign}${rounded(absoluteMs * 1e3, 3)}µs`;
  if (absoluteMs < 1_000) return `${sign}${rounded(absoluteMs, 6)}ms`;
  const hours = Math.floor(absoluteMs / 3_600_000);
  const minutes = Math.floor((absoluteMs % 3_600_000) / 60_000);
  const seconds = rounded((absoluteMs % 60_000) / 1_000, 9);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

/** Without trailing zeros, which `Number` drops. */
function rounded(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

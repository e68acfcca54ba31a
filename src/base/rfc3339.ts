/** The file that formats and parses times; it never reads the clock. */

// Thousands of objects are written in one second, and hundreds of Leases in a few milliseconds:
// each time is formatted once, and its text is shared.
let lastSecond = Number.NaN;
let lastTime = "";
let lastMs = Number.NaN;
let lastMicroTime = "";

/** `2026-01-02T03:04:05Z`: metav1.Time, whole seconds. */
export function toTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1_000);
  if (second !== lastSecond) {
    lastTime = `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastTime;
}

/** `2026-01-02T03:04:05.678000Z`: metav1.MicroTime. */
export function toMicroTime(epochMs: number): string {
  if (epochMs !== lastMs) {
    lastMicroTime = `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
    lastMs = epochMs;
  }
  return lastMicroTime;
}

/** Milliseconds since the Unix epoch; undefined for what is not an RFC 3339 time. */
export function parseTime(text: string): number | undefined {
  const epochMs = Date.parse(text);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

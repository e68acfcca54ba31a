type LayoutPart = readonly [text: string, pattern: RegExp];

/** Go's reference time in parts, each with what may stand in its place. */
const untilSeconds: readonly LayoutPart[] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d\d/],
  ["-", /^-/],
  ["02", /^\d\d/],
  ["T", /^T/],
  ["15", /^\d\d?/],
  [":", /^:/],
  ["04", /^\d\d/],
  [":", /^:/],
];
const zone: LayoutPart = ["Z07:00", /^(?:Z|[+-]\d\d:\d\d)/];

const layouts: Readonly<Record<"time" | "microTime", readonly LayoutPart[]>> = {
  // Go reads a fraction after the seconds also where the layout has none.
  time: [...untilSeconds, ["05", /^\d\d(?:[.,]\d+)?/], zone],
  microTime: [...untilSeconds, ["05", /^\d\d/], [".000000", /^[.,]\d{6}/], zone],
};

/**
 * Why a text is no metav1.Time or MicroTime, as Go's `time.Parse` says it; undefined if it is one.
 * A MicroTime needs exactly six digits after the seconds.
 */
export function timeFault(kind: "time" | "microTime", text: string): string | undefined {
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const [part, pattern] of layouts[kind]) {
    const matched = pattern.exec(rest);
    if (matched === null) {
      const layout = layouts[kind].map(([each]) => each).join("");
      return `parsing time ${quoted} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${part}"`;
    }
    rest = rest.slice(matched[0].length);
  }
  const why = rest === "" ? rangeFault(text) : `extra text: ${JSON.stringify(rest)}`;
  return why === undefined ? undefined : `parsing time ${quoted}: ${why}`;
}

const date = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const timeOfDay = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d`;
const canonicalForms = {
  time: new RegExp(`^${date}T${timeOfDay}Z$`),
  microTime: new RegExp(String.raw`^${date}T${timeOfDay}\.\d{6}Z$`),
} as const;

/** Whether a text is a time in the form in which the API server writes it: UTC, no fraction or six digits. */
export function isCanonicalTime(kind: "time" | "microTime", text: string): boolean {
  if (!canonicalForms[kind].test(text)) return false;
  // Only the last days need the calendar.
  return text.slice(8, 10) <= "28" || timeFault(kind, text) === undefined;
}

/** Of a text that has the form. */
function rangeFault(text: string): string | undefined {
  const numbers = text.split(/[^\d]+/).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (month < 1 || month > 12) return "month out of range";
  if (hour > 23) return "hour out of range";
  if (minute > 59) return "minute out of range";
  if (second > 59) return "second out of range";
  const [, offsetHour = "0", offsetMinute = "0"] = /[+-](\d\d):(\d\d)$/.exec(text) ?? [];
  if (Number(offsetHour) > 24) return "time zone offset hour out of range";
  if (Number(offsetMinute) > 60) return "time zone offset minute out of range";
  return day < 1 || day > daysIn(year, month) ? "day out of range" : undefined;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

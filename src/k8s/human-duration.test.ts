import { expect, test } from "vitest";
import { humanDuration } from "./human-duration.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

// The rows are those of apimachinery/pkg/util/duration/duration_test.go.
test.each([
  { ms: second, text: "1s" },
  { ms: 70 * second, text: "70s" },
  { ms: 190 * second, text: "3m10s" },
  { ms: 70 * minute, text: "70m" },
  { ms: 47 * hour, text: "47h" },
  { ms: 49 * hour, text: "2d1h" },
  { ms: 8 * day + 2 * hour, text: "8d" },
  { ms: 367 * day, text: "367d" },
  { ms: 4 * year + 2 * hour, text: "4y" },
  { ms: 8 * year + 2 * hour, text: "8y" },
  { ms: -2 * second, text: "<invalid>" },
  { ms: -1 * second, text: "0s" },
  { ms: 0, text: "0s" },
  { ms: 2 * minute - 1, text: "119s" },
  { ms: 2 * minute, text: "2m" },
  { ms: 2 * minute + second, text: "2m1s" },
  { ms: 10 * minute - second, text: "9m59s" },
  { ms: 10 * minute, text: "10m" },
  { ms: 3 * hour - minute, text: "179m" },
  { ms: 3 * hour, text: "3h" },
  { ms: 3 * hour + minute, text: "3h1m" },
  { ms: 8 * hour - minute, text: "7h59m" },
  { ms: 8 * hour, text: "8h" },
  { ms: 2 * day - hour, text: "47h" },
  { ms: 2 * day, text: "2d" },
  { ms: 2 * day + hour, text: "2d1h" },
  { ms: 8 * day - hour, text: "7d23h" },
  { ms: 2 * year - day, text: "729d" },
  { ms: 2 * year, text: "2y" },
  { ms: 2 * year + day, text: "2y1d" },
  { ms: 8 * year - day, text: "7y364d" },
])("$ms ms are $text", ({ ms, text }) => {
  expect(humanDuration(ms)).toBe(text);
});

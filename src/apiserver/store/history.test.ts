import { expect, test } from "vitest";
import { Change } from "./change.ts";
import { History } from "./history.ts";

function historyOf(count: number, timeOf: (revision: number) => number): History {
  const history = new History();
  for (let revision = 1; revision <= count; revision += 1) {
    const at = { revision, key: "a", atMs: timeOf(revision) };
    history.append(new Change(at, undefined, undefined, undefined));
  }
  return history;
}

test.each([
  { name: "few changes, however old", count: 100, msApart: 60_000, kept: 100 },
  { name: "100 of those that are old", count: 500, msApart: 60_000, kept: 100 },
  { name: "those of the last 75 s", count: 10_000, msApart: 100, kept: 751 },
  { name: "at most 102,400", count: 110_000, msApart: 0, kept: 102_400 },
])("a history keeps $name", ({ count, msApart, kept }) => {
  const history = historyOf(count, (revision) => revision * msApart);
  expect(history.size).toBe(kept);
  expect(history.compacted).toBe(count - kept);
  const revisions = [...history.after(history.compacted)].map(({ revision }) => revision);
  expect(revisions).toHaveLength(kept);
  expect(revisions[0]).toBe(count - kept + 1);
  expect(revisions.at(-1)).toBe(count);
});

test.each([
  { after: 0, expected: [1, 2, 3] },
  { after: 2, expected: [3] },
  { after: 3, expected: [] },
  { after: 9, expected: [] },
])("after revision $after come $expected", ({ after, expected }) => {
  const changes = [...historyOf(3, () => 0).after(after)];
  expect(changes.map(({ revision }) => revision)).toEqual(expected);
});

import { expect, test } from "vitest";
import { createTerminal } from "./terminal.ts";

function open(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let nowMs = 0;
  const stream = (name: string) => ({
    isTTY,
    columns,
    write: (text: string) => written.push(`${name}: ${JSON.stringify(text)}`),
  });
  const streams = { stdout: stream("out"), stderr: stream("err") };
  const terminal = createTerminal(streams, () => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { terminal, written, pass };
}

test("on a terminal a line of progress takes the place of the last one, below all notes", () => {
  const { terminal, written } = open(true, 6);
  terminal.progress("1 of 10");
  terminal.progress("2 of 10");
  terminal.note("note");
  terminal.progressDone();
  terminal.print("done");
  expect(written).toEqual([
    'err: "1 of "',
    'err: "\\r\\u001b[K"',
    'err: "2 of "',
    'err: "\\r\\u001b[K"',
    'err: "note\\n"',
    'err: "2 of "',
    'err: "\\n"',
    'out: "done\\n"',
  ]);
});

test("elsewhere progress is a line now and then, and its last one is never lost", () => {
  const { terminal, written, pass } = open(false);
  terminal.progress("1 of 4");
  terminal.progress("2 of 4");
  pass(2_000);
  terminal.progress("3 of 4");
  terminal.progress("4 of 4");
  terminal.progressDone();
  expect(written).toEqual(['err: "1 of 4\\n"', 'err: "3 of 4\\n"', 'err: "4 of 4\\n"']);
});

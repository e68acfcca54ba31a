import { readdir } from "node:fs/promises";
import { expect } from "vitest";
import { createTempFolder, type TempFolder } from "../../src/client/temp-folder.fixture.ts";
import {
  type HollowmarkProcess,
  type ProgramRun,
  runHollowmark,
  startHollowmark,
} from "../harness/hollowmark-process.ts";

/** A home and a folder of temporary files for the program, apart from everybody else's. */
export interface Sandbox extends AsyncDisposable {
  readonly folder: TempFolder;
  start(args: readonly string[]): HollowmarkProcess;
  run(args: readonly string[]): Promise<ProgramRun>;
  /** What the program has left behind; files that the test wrote are named in `given`. */
  leftovers(given?: readonly string[]): Promise<readonly string[]>;
}

export async function createSandbox(): Promise<Sandbox> {
  const folder = await createTempFolder();
  const environment = { TMPDIR: folder.path, HOME: folder.path, KUBECONFIG: undefined };
  return {
    folder,
    start: (args) => startHollowmark(args, environment),
    run: (args) => runHollowmark(args, environment),
    async leftovers(given = []) {
      const found = await readdir(folder.path);
      return found.filter((name) => !given.includes(name));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A refusal is one line that says why, on standard error, and nothing on standard output. */
export function expectRefusal(run: ProgramRun, code: 1 | 2, message: string | RegExp): void {
  expect(run.stdout).toBe("");
  expect(run.stderr).toMatch(/^hollowmark: [^\n]+\n$/);
  const line = run.stderr.slice("hollowmark: ".length).trimEnd();
  if (typeof message === "string") expect(line).toBe(message);
  else expect(line).toMatch(message);
  expect(run).toMatchObject({ code, signal: null });
}

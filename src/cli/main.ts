#!/usr/bin/env node
import { createSystemClock } from "../base/system-clock.ts";
import { createTerminal } from "./output/terminal.ts";
import { runProgram } from "./program.ts";
import { stopOnSignals } from "./signals.ts";

const clock = createSystemClock();
const terminal = createTerminal(process, () => clock.monotonicMs());
const exitCode = await runProgram(process.argv.slice(2), {
  terminal,
  clock,
  environment: process.env,
  stop: stopOnSignals(clock, (code) => process.exit(code)),
});
// Whatever still holds the loop, a command that is over has nothing more to say.
process.exit(exitCode);

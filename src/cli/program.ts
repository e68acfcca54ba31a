import { Command, CommanderError, Option } from "commander";
import { OptionError } from "../base/option-error.ts";
import type { CommandContext, ExitCode } from "./command-context.ts";
import { type CommandSpec, commands } from "./commands.ts";
import { flagName, type OptionRow } from "./options/option-table.ts";
import { version } from "./version.ts";

/** Runs the command line `argv`, without the names of the runtime and the program. Does not throw. */
export async function runProgram(
  argv: readonly string[],
  context: CommandContext,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv.map(withoutEquals), { from: "user" });
  } catch (error) {
    exitCode = reportError(error, argv, program, context);
  }
  return exitCode;
}

/** `-v=4`, as kubectl's users type it, for `-v4`. */
function withoutEquals(argument: string): string {
  return argument.replace(/^-v=(?=\d)/, "-v");
}

function createProgram(context: CommandContext, finish: (code: ExitCode) => void): Command {
  const program = new Command("hollowmark")
    .description("Hollow Kubernetes nodes by the thousand, in one process.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: () => {},
      outputError: () => {},
    });
  for (const spec of commands) addCommand(program, spec, context, finish);
  return program;
}

function addCommand(
  program: Command,
  spec: CommandSpec,
  context: CommandContext,
  finish: (code: ExitCode) => void,
): void {
  const command = program.command(spec.name).description(spec.summary).allowExcessArguments(false);
  for (const [key, row] of Object.entries(spec.options)) command.addOption(toOption(key, row));
  if (spec.takesFile) {
    command.option("--config <file>", "fleet file: these settings in YAML, and groups of nodes");
  }
  command.addHelpText(
    "after",
    `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}`,
  );
  command.action(async (flags: Readonly<Record<string, unknown>>) => {
    finish(await spec.run(flags, context));
  });
}

function toOption(key: string, row: OptionRow<unknown>): Option {
  const short = row.short === undefined ? "" : `-${row.short}, `;
  const help =
    row.defaultText === undefined ? row.help : `${row.help} (default: ${row.defaultText})`;
  return new Option(`${short}--${flagName(key)} ${row.argument}`, help);
}

function reportError(
  error: unknown,
  argv: readonly string[],
  program: Command,
  { terminal }: CommandContext,
): ExitCode {
  terminal.progressDone();
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help" && argv.length === 0) {
      terminal.note(program.helpInformation().trimEnd());
      return 2;
    }
    const message =
      error.code === "commander.help"
        ? `unknown command '${argv.at(-1)}'`
        : oneLine(error.message)
            .replace(/^error: /, "")
            .replace(/\.$/, "");
    terminal.note(`hollowmark: ${message}; see hollowmark --help`);
    return 2;
  }
  terminal.note(`hollowmark: ${oneLine(error instanceof Error ? error.message : String(error))}`);
  return error instanceof OptionError ? 2 : 1;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

/** An option that cannot be used. The message is one line: the option, what is expected, what was found. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  /** The option as its user wrote it: `--nodes`, `groups[1].count`, `lease.renewEveryMs`. */
  readonly option: string;
  constructor(option: string, problem: string, cause?: unknown) {
    super(`${option}: ${problem}`, { cause });
    this.option = option;
  }
}

/** Where a command writes. Tests give their own. */
export interface Terminal {
  /** A line of the result, to standard output. */
  print(line: string): void;
  /** A line for whoever watches, to standard error. */
  note(line: string): void;
  /** Shows `line` in place of the last one shown; on no terminal, now and then as a line of its own. */
  progress(line: string): void;
  /** Ends a progress line, so that what follows stands below it. */
  progressDone(): void;
}

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Between two progress lines where they cannot replace each other. */
const plainIntervalMs = 2_000;

/** Standard output and error, with progress that rewrites its line on a terminal. */
export function createTerminal(
  streams: { readonly stdout: Stream; readonly stderr: Stream },
  monotonicMs: () => number,
): Terminal {
  const { stdout, stderr } = streams;
  let shown = "";
  let pending = "";
  let lastPlainMs = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (shown !== "") stderr.write("\r\u001b[K");
    shown = "";
  };
  const writePlain = (line: string): void => {
    lastPlainMs = monotonicMs();
    pending = "";
    stderr.write(`${line}\n`);
  };
  return {
    print: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      const again = shown;
      clear();
      stderr.write(`${line}\n`);
      if (again !== "") {
        stderr.write(again);
        shown = again;
      }
    },
    progress: (line) => {
      if (stderr.isTTY === true) {
        clear();
        shown = line.slice(0, (stderr.columns ?? 80) - 1);
        stderr.write(shown);
      } else if (monotonicMs() - lastPlainMs >= plainIntervalMs) writePlain(line);
      else pending = line;
    },
    progressDone: () => {
      if (shown !== "") stderr.write("\n");
      else if (pending !== "") writePlain(pending);
      shown = "";
    },
  };
}

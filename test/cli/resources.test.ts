import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { programPath } from "../harness/hollowmark-process.ts";

const run = promisify(execFile);
/** Without `prlimit` nothing can be raised. */
const environment = { PATH: "/nowhere" };

test.runIf(process.platform === "linux")(
  "a limit of open files that is too low is refused in one line, with the number",
  async () => {
    const command = 'ulimit -n 90; exec "$0" "$@"';
    const program = [process.execPath, programPath, "up", "--nodes", "3"];
    const failed = run("/bin/sh", ["-c", command, ...program], { env: environment });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        "hollowmark: 3 nodes need 100 open files, and this process may have 90: raise the hard limit (ulimit -n 100)\n",
    });
  },
);

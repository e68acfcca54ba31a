import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file in it. Returns its path. */
  write(name: string, text: string): Promise<string>;
}

/** A folder of its own for a test. */
export async function createTempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), "hollowmark-test-"));
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true });
    },
  };
}

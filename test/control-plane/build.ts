/**
 * Builds binaries ahead of the tests:
 * `npm run build:tools && node build/test/control-plane/build.js v1.34.4 etcd`.
 * `v1.34.4/kubemark` builds one that is built only on request.
 */
import { BuildError, ensureBinaries } from "./binaries.ts";
import { type BuildTarget, pinnedModules } from "./pinned-modules.ts";

const known = Object.keys(pinnedModules);

try {
  for (const word of process.argv.slice(2)) {
    const [target = "", command] = word.split("/");
    if (!isTarget(target)) throw new BuildError(`"${target}": expected one of ${known.join(", ")}`);
    const options = command === undefined ? {} : { names: [command] };
    for (const [name, path] of await ensureBinaries(target, options)) {
      process.stdout.write(`${target} ${name} ${path}\n`);
    }
  }
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function isTarget(word: string): word is BuildTarget {
  return known.includes(word);
}

/**
 * Is a hollow node the same to an API server as kubemark's? Records both and compares:
 * `npm run bench:fidelity -- --versions 1.34`. Exits 0 if they are equal, 1 if not, 2 for bad usage.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubernetesVersion } from "../../test/control-plane/pinned-modules.ts";
import { type Comparison, compare } from "./compare.ts";
import { readRecording } from "./recording.ts";
import { asText, sectionsOf, verdictOf } from "./report.ts";
import { record, recordingFiles } from "./run.ts";
import { type FidelityOptions, parseFidelityOptions, UsageError, usage } from "./run-options.ts";

const report = (line: string): void => console.error(line);

try {
  if (process.argv.includes("--help")) console.log(usage);
  else if (!(await runAll(parseFidelityOptions(process.argv.slice(2))))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function runAll(options: FidelityOptions): Promise<boolean> {
  const folder = options.record ?? (await mkdtemp(join(tmpdir(), "hollowmark-fidelity-")));
  try {
    const comparisons: Comparison[] = [];
    for (const version of options.versions) {
      const comparison = await runVersion(version, folder, options);
      console.log(`\n${asText(sectionsOf(comparison))}\n\n${verdictOf(comparison)}`);
      comparisons.push(comparison);
    }
    console.log(`\n${comparisons.map(verdictOf).join("\n")}`);
    return comparisons.every(({ isEqual }) => isEqual);
  } finally {
    if (options.record === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function runVersion(
  version: KubernetesVersion,
  folder: string,
  options: FidelityOptions,
): Promise<Comparison> {
  const { nodeCount, idleS } = options;
  const kept = options.against && join(options.against, version, "kubemark");
  const theirs = kept || join(folder, version, "kubemark");
  const ours = join(folder, version, "hollowmark");
  if (!kept) {
    report(`kubemark ${version}`);
    await record({ version, subject: "kubemark", nodeCount, idleS, folder: theirs, report });
  } else if (!existsSync(join(kept, recordingFiles.about))) {
    throw new UsageError(`--against: expected a recording in ${kept}, found none`);
  }
  report(`hollowmark as kubemark ${version}`);
  await record({ version, subject: "hollowmark", nodeCount, idleS, folder: ours, report });
  return compare(await readRecording(theirs), await readRecording(ours));
}

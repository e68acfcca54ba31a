/**
 * Is a hollow node the same to an API server as kubemark's? Records both and compares:
 * `npm run bench:fidelity -- --versions 1.34`. Exits 0 if they are equal, 1 if not, 2 for bad usage.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubernetesVersion } from "../../test/control-plane/pinned-modules.ts";
import { type Comparison, compare } from "./compare.ts";
import { fidelityPage } from "./page.ts";
import { type Recording, readRecording } from "./recording.ts";
import { asText, sectionsOf, verdictOf } from "./report.ts";
import { record, recordingFiles } from "./run.ts";
import { type FidelityOptions, parseFidelityOptions, UsageError, usage } from "./run-options.ts";
import type { SubjectName } from "./run-subjects.ts";

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
    if (options.page !== undefined) await writePage(options.page, comparisons);
    return comparisons.every(({ isEqual }) => isEqual);
  } finally {
    if (options.record === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function writePage(path: string, comparisons: readonly Comparison[]): Promise<void> {
  const command = ["npm run bench:fidelity --", ...process.argv.slice(2)].join(" ");
  const date = new Date().toISOString().slice(0, "2026-11-24".length);
  await writeFile(path, fidelityPage(comparisons, { command, date }));
}

async function runVersion(
  version: KubernetesVersion,
  folder: string,
  options: FidelityOptions,
): Promise<Comparison> {
  const { nodeCount, idleS, against } = options;
  const recordSide = async (subject: SubjectName): Promise<Recording> => {
    report(`${subject} ${version}`);
    const side = join(folder, version, subject);
    await record({ version, subject, nodeCount, idleS, folder: side, report });
    return readRecording(side);
  };
  const theirs =
    against === undefined
      ? await recordSide("kubemark")
      : await readKept(join(against, version, "kubemark"), options);
  return compare(theirs, await recordSide("hollowmark"));
}

/** Reads a recording of Kubemark that was made as this run makes ours. */
async function readKept(folder: string, options: FidelityOptions): Promise<Recording> {
  if (!existsSync(join(folder, recordingFiles.about))) {
    throw new UsageError(`--against: expected a recording in ${folder}, found none`);
  }
  const recording = await readRecording(folder);
  const was = `--nodes ${recording.about.nodes.length} --idle ${recording.server.idleS}`;
  const is = `--nodes ${options.nodeCount} --idle ${options.idleS}`;
  if (was === is) return recording;
  throw new UsageError(`--against: expected ${is}, found a recording of ${was} in ${folder}`);
}

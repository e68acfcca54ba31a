import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startControlPlane } from "../../test/control-plane/control-plane.ts";
import type { KubernetesVersion } from "../../test/control-plane/pinned-modules.ts";
import { createSubject, type SubjectName } from "./run-subjects.ts";
import { playScenario } from "./scenario.ts";

/** Settings of {@link record}. */
export interface RecordOptions {
  /** Of the control plane and of the nodes. */
  readonly version: KubernetesVersion;
  readonly subject: SubjectName;
  readonly nodeCount: number;
  /** How long the nodes are left alone, in seconds. */
  readonly idleS: number;
  /** Where the recording goes; made if it is not there. */
  readonly folder: string;
  /** Takes each line of progress. */
  readonly report: (line: string) => void;
}

/** The files of a recording. */
export const recordingFiles = {
  /** What the API server logged of the nodes' requests: JSON lines of audit.k8s.io/v1 Event. */
  audit: "audit.jsonl",
  /** Array of Mark. */
  marks: "marks.json",
  /** Array of Snapshot. */
  snapshots: "snapshots.json",
  /** ServerFigures. */
  server: "server.json",
  /** Version, subject, and names of the nodes. */
  about: "about.json",
} as const;

/** Plays the scenario with a subject on a control plane of its own, and writes down what happened. */
export async function record(options: RecordOptions): Promise<void> {
  const { version, folder, report } = options;
  await mkdir(folder, { recursive: true });
  const path = (name: keyof typeof recordingFiles): string => join(folder, recordingFiles[name]);
  const write = (name: keyof typeof recordingFiles, content: unknown): Promise<void> =>
    writeFile(path(name), `${JSON.stringify(content, undefined, 1)}\n`);

  await using plane = await startControlPlane({ version, audit: "hollow", report });
  await using subject = createSubject(options.subject, { plane, nodeCount: options.nodeCount });
  await write("about", { version, subject: options.subject, nodes: subject.nodes });
  try {
    const played = await playScenario(plane, subject, { idleS: options.idleS, report });
    await write("marks", played.marks);
    await write("snapshots", played.snapshots);
    await write("server", played.server);
  } finally {
    await subject.saveLogs(join(folder, "logs"));
    // What could not be played to its end is still worth a look.
    await copyFile(plane.auditLogPath, path("audit"));
  }
}

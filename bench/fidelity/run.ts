import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ControlPlane, startControlPlane } from "../../test/control-plane/control-plane.ts";
import type { KubernetesVersion } from "../../test/control-plane/pinned-modules.ts";
import { startHeaderRecorder } from "./run-headers.ts";
import { createSubject, type SubjectName } from "./run-subjects.ts";
import { playScenario, playShortScenario } from "./scenario.ts";

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
  /** Array of RequestHeaders; only of a short recording. */
  headers: "headers.json",
} as const;

/**
 * The folder inside a recording that holds a short one, with headers. It is made on its own, as what
 * reads the headers stands in the way of the connections that the long one counts.
 */
export const shortFolder = "short";

/** Two nodes show which headers there are. */
const shortNodeCount = 2;

/**
 * Plays the scenario with a subject on a control plane of its own, and writes down what happened;
 * then a short one on another, for the headers.
 */
export async function record(options: RecordOptions): Promise<void> {
  await recordLong(options);
  await recordShort(options);
}

async function recordLong(options: RecordOptions): Promise<void> {
  const { version, folder, report, nodeCount, idleS } = options;
  const write = await createWriter(folder);
  await using plane = await startControlPlane({ version, audit: "hollow", report });
  await using subject = createSubject(options.subject, { plane, nodeCount });
  await write("about", { version, subject: options.subject, nodes: subject.nodes });
  try {
    const played = await playScenario(plane, subject, { idleS, report });
    await write("marks", played.marks);
    await write("snapshots", played.snapshots);
    await write("server", played.server);
  } finally {
    // What could not be played to its end is still worth a look.
    await subject.saveLogs(join(folder, "logs"));
    await copyFile(plane.auditLogPath, join(folder, recordingFiles.audit));
  }
}

async function recordShort(options: RecordOptions): Promise<void> {
  const { version, report } = options;
  const folder = join(options.folder, shortFolder);
  const write = await createWriter(folder);
  await using plane = await startControlPlane({ version, audit: "hollow", report });
  await using recorder = await startHeaderRecorder(plane);
  await using subject = createSubject(options.subject, {
    plane,
    nodeCount: shortNodeCount,
    kubeconfigPath: await kubeconfigTo(recorder.url, plane),
  });
  await write("about", { version, subject: options.subject, nodes: subject.nodes });
  await write("marks", await playShortScenario(plane, subject, report));
  await write("headers", recorder.headers());
  await subject.saveLogs(join(folder, "logs"));
  await copyFile(plane.auditLogPath, join(folder, recordingFiles.audit));
}

type Write = (name: keyof typeof recordingFiles, content: unknown) => Promise<void>;

async function createWriter(folder: string): Promise<Write> {
  await mkdir(folder, { recursive: true });
  return (name, content) =>
    writeFile(join(folder, recordingFiles[name]), `${JSON.stringify(content, undefined, 1)}\n`);
}

/** The kubeconfig of the plane's user hollow, with another address. */
async function kubeconfigTo(url: string, plane: ControlPlane): Promise<string> {
  const text = await readFile(plane.hollowKubeconfigPath, "utf8");
  const path = join(dirname(plane.hollowKubeconfigPath), "recorded.kubeconfig");
  await writeFile(path, text.replaceAll(plane.url, url), { mode: 0o600 });
  return path;
}

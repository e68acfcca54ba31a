import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RequestHeaders } from "./header-tap.ts";
import { recordingFiles, shortFolder } from "./run.ts";
import type { Mark, ServerFigures, Snapshot } from "./scenario.ts";

/** An audit.k8s.io/v1 Event, as far as the comparison reads it. */
export interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: AuditObjectRef;
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** What a request is about. */
export interface AuditObjectRef {
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly apiGroup?: string;
}

/** What was run. */
export interface About {
  readonly version: string;
  readonly subject: string;
  /** The names of the nodes. */
  readonly nodes: readonly string[];
}

/** What a short recording adds: which headers came with which request. */
export interface ShortRecording {
  readonly about: About;
  readonly events: readonly AuditEvent[];
  readonly headers: readonly RequestHeaders[];
}

/** A scenario that was played with one subject. */
export interface Recording {
  readonly about: About;
  /** In the order of the log: by the end of each stage. */
  readonly events: readonly AuditEvent[];
  readonly marks: readonly Mark[];
  readonly snapshots: readonly Snapshot[];
  readonly server: ServerFigures;
  /** Of a shorter recording, for these headers alone: see {@link shortFolder}. */
  readonly short: ShortRecording | undefined;
}

/** Reads a folder that `record` has written. @throws if a file is missing or is not JSON. */
export async function readRecording(folder: string): Promise<Recording> {
  return {
    about: await readJson(folder, "about"),
    marks: await readJson(folder, "marks"),
    snapshots: await readJson(folder, "snapshots"),
    server: await readJson(folder, "server"),
    events: await jsonLines(join(folder, recordingFiles.audit)),
    short: await readShort(join(folder, shortFolder)),
  };
}

/** Older recordings have none. */
async function readShort(folder: string): Promise<ShortRecording | undefined> {
  if (!existsSync(join(folder, recordingFiles.headers))) return undefined;
  return {
    about: await readJson(folder, "about"),
    headers: await readJson(folder, "headers"),
    events: await jsonLines(join(folder, recordingFiles.audit)),
  };
}

async function readJson(folder: string, name: keyof typeof recordingFiles): Promise<never> {
  return JSON.parse(await readFile(join(folder, recordingFiles[name]), "utf8")) as never;
}

/** Milliseconds, with fractions, of an RFC 3339 time; `Date.parse` alone drops the microseconds. */
export function milliseconds(time: string): number {
  const fraction = /\.\d{3}(\d+)Z$/.exec(time)?.[1] ?? "";
  return Date.parse(time) + Number(`0.${fraction === "" ? "0" : fraction}`);
}

async function jsonLines(path: string): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line !== "") events.push(JSON.parse(line));
  }
  return events;
}

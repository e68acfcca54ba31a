import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { recordingFiles } from "./run.ts";
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

/** The headers of a request that the audit log leaves out. */
export interface ContentHeaders {
  readonly accept?: string;
  readonly contentType?: string;
}

/** What was run. */
export interface About {
  readonly version: string;
  readonly subject: string;
  /** The names of the nodes. */
  readonly nodes: readonly string[];
}

/** A scenario that was played with one subject. */
export interface Recording {
  readonly about: About;
  /** In the order of the log: by the end of each stage. */
  readonly events: readonly AuditEvent[];
  readonly marks: readonly Mark[];
  readonly snapshots: readonly Snapshot[];
  readonly server: ServerFigures;
  /** By audit ID; empty where the headers were not recorded. */
  readonly headers: ReadonlyMap<string, ContentHeaders>;
}

/** Reads a folder that `record` has written. @throws if a file is missing or is not JSON. */
export async function readRecording(folder: string): Promise<Recording> {
  const json = async (name: keyof typeof recordingFiles): Promise<never> =>
    JSON.parse(await readFile(join(folder, recordingFiles[name]), "utf8")) as never;
  return {
    about: await json("about"),
    marks: await json("marks"),
    snapshots: await json("snapshots"),
    server: await json("server"),
    events: await jsonLines(join(folder, recordingFiles.audit)),
    headers: new Map(),
  };
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

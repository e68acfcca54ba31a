import type { ObjectReference } from "./core.ts";
import type { KubeObject } from "./meta.ts";

/** An Event of the group events.k8s.io; the core group's is `CoreEvent`. */
export interface Event extends KubeObject {
  /** RFC 3339 with microseconds. */
  readonly eventTime: string;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly regarding?: ObjectReference;
  readonly related?: ObjectReference;
  readonly note?: string;
  readonly type?: "Normal" | "Warning";
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

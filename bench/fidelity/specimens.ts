import { chanceOf } from "./chance.ts";
import type { Json, JsonObject, Names } from "./masking.ts";
import type { Recording } from "./recording.ts";
import type { HollowRequest } from "./requests.ts";

/** An object of one side, with what is needed to mask it. */
export interface Specimen {
  /** Specimens of one subject are compared with each other. */
  readonly subject: string;
  readonly value: Json;
  readonly names: Names;
  /** Whether it depends on chance that there is any; its fields do not. */
  readonly isChance?: boolean;
}

/** Moments at which what the cluster holds stands still, so that it can be compared. */
const stillMoments: ReadonlySet<string> = new Set([
  "idle",
  "pods-running",
  "restarted",
  "server-restarted",
]);

/** The objects of the snapshots, and the bodies that the nodes sent. */
export function specimensOf(
  recording: Recording,
  requests: readonly HollowRequest[],
): readonly Specimen[] {
  return [...snapshotSpecimens(recording), ...bodySpecimens(recording, requests)];
}

function snapshotSpecimens({ snapshots, about }: Recording): readonly Specimen[] {
  return snapshots
    .filter(({ moment }) => stillMoments.has(moment))
    .flatMap(({ moment, items }) =>
      Object.entries(items).flatMap(([resource, objects]) =>
        objects.flatMap((object) => {
          const value = object as Json;
          const own = nameIn(value);
          // The Lease by which a fleet is one of its name is no node's.
          if (resource !== "pods" && !about.nodes.includes(own)) return [];
          const names = { nodes: about.nodes, own };
          return [{ subject: `${resource}, ${moment}`, value, names }];
        }),
      ),
    );
}

function bodySpecimens(
  { about }: Recording,
  requests: readonly HollowRequest[],
): readonly Specimen[] {
  return requests.flatMap(({ shape, phase, event }) => {
    if (event.requestObject === undefined || event.requestObject === null) return [];
    if (isTwoAtOnce(event.requestObject)) return [];
    const body = event.requestObject as Json;
    const resource = [event.objectRef?.resource, event.objectRef?.subresource];
    const what = `${shape.agent} ${shape.verb} ${resource.filter(Boolean).join("/")}`;
    const isFirstStatus = what.endsWith("patch nodes/status") && startPhases.has(phase);
    const value = isFirstStatus ? withoutTimes(body) : body;
    const moment = shape.verb === "patch" && shape.detail === "" ? momentOf(value) : shape.detail;
    const own = boundName(value) ?? event.objectRef?.name ?? nameIn(value);
    const subject = moment === "" ? `body of ${what}` : `body of ${what}, ${moment}`;
    const isChance = chanceOf(shape) !== undefined;
    return [{ subject, value, names: { nodes: about.nodes, own }, isChance }];
  });
}

/** Whether a pod's first status was never written by itself; what both say is compared in others. */
function isTwoAtOnce(body: unknown): boolean {
  const { status } = body as {
    readonly status?: { readonly startTime?: string; readonly phase?: string };
  };
  return status?.startTime !== undefined && status.phase === "Running";
}

/** Of a node's start: whether a time has changed depends on where a second ends. */
const startPhases: ReadonlySet<string> = new Set(["start", "ready", "restart"]);

/** A patch of a Node's status without its times, and without the conditions that are left empty. */
function withoutTimes(body: Json): Json {
  const { status } = body as { readonly status?: { readonly conditions?: readonly JsonObject[] } };
  if (status === undefined) return body;
  const conditions = (status.conditions ?? [])
    .map(({ lastHeartbeatTime: _, lastTransitionTime: __, ...rest }) => rest)
    .filter((condition) => Object.keys(condition).length > 1);
  const { "$setElementOrder/conditions": ___, ...others } = status as JsonObject;
  return conditions.length > 0 ? { status: { ...others, conditions } } : {};
}

/** A token's body names its pod. */
function boundName(value: Json): string | undefined {
  const { spec } = value as {
    readonly spec?: { readonly boundObjectRef?: { readonly name: string } };
  };
  return spec?.boundObjectRef?.name;
}

function nameIn(value: Json): string {
  const { metadata } = value as { readonly metadata?: { readonly name?: unknown } };
  return typeof metadata?.name === "string" ? metadata.name : "";
}

/** What the status of a Node says has happened: only bodies of the same moment are compared. */
function momentOf(body: Json): string {
  const { status } = body as {
    readonly status?: {
      readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
      readonly images?: readonly object[];
    };
  };
  if (status === undefined) return "";
  if (status.images !== undefined) return "images";
  const ready = status.conditions?.find(({ type }) => type === "Ready")?.status;
  return ready === undefined ? "" : `Ready=${ready}`;
}

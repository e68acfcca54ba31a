import { type Json, type JsonObject, maskedLeaves, type Names } from "./masking.ts";
import type { Recording } from "./recording.ts";
import type { HollowRequest } from "./requests.ts";
import { groupBy } from "./statistics.ts";

/** A field that is not the same on both sides. */
export interface FieldDifference {
  /** What was compared: "nodes, idle", "PATCH pods/status, Running". */
  readonly subject: string;
  readonly field: string;
  /** Its values on Kubemark's side, `(absent)` among them if some objects lack it. */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
  /** Why it differs, where it is meant to. */
  readonly purpose: string | undefined;
}

interface Purpose {
  readonly field: RegExp;
  readonly reason: string;
}

/** The only differences that do not decide the verdict. */
const purposes: readonly Purpose[] = [
  {
    field: /hollowmark/,
    reason: "the mark of the fleet, by which `leave` finds what is ours",
  },
  {
    field: /^reportingInstance$/,
    reason:
      "the name of the host: a node's own, where kubemark runs one to a pod; here, the machine's",
  },
];

const absent = "(absent)";

/** An object of one side, with what is needed to mask it. */
export interface Specimen {
  /** Specimens of one subject are compared with each other. */
  readonly subject: string;
  readonly value: Json;
  readonly names: Names;
}

/**
 * Compares, subject by subject, which values each field takes, over all objects of a side. A
 * subject that only one side has is a difference too.
 */
export function compareObjects(
  theirs: readonly Specimen[],
  ours: readonly Specimen[],
): readonly FieldDifference[] {
  const [a, b] = [groupBy(theirs, subjectOf), groupBy(ours, subjectOf)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((subject) => {
    const [left, right] = [a.get(subject) ?? [], b.get(subject) ?? []];
    if (left.length === 0 || right.length === 0) {
      const objects = ({ length }: readonly Specimen[]) => [length === 0 ? "none" : `${length}`];
      return [difference(subject, "(objects)", objects(left), objects(right))];
    }
    return compareFields(subject, fieldValues(left), fieldValues(right));
  });
}

function subjectOf({ subject }: Specimen): string {
  return subject;
}

type FieldValues = ReadonlyMap<string, readonly string[]>;

function compareFields(
  subject: string,
  theirs: FieldValues,
  ours: FieldValues,
): readonly FieldDifference[] {
  const fields = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  return fields.flatMap((field) => {
    const [left, right] = [theirs.get(field) ?? [absent], ours.get(field) ?? [absent]];
    return left.join("\n") === right.join("\n") ? [] : [difference(subject, field, left, right)];
  });
}

function difference(
  subject: string,
  field: string,
  theirs: readonly string[],
  ours: readonly string[],
): FieldDifference {
  const purpose = purposes.find((known) => known.field.test(field))?.reason;
  return { subject, field, theirs, ours, purpose };
}

/** The values of each field, sorted, each once. */
function fieldValues(specimens: readonly Specimen[]): FieldValues {
  const values = new Map<string, { readonly texts: Set<string>; count: number }>();
  for (const { value, names } of specimens) {
    for (const [field, text] of maskedLeaves(value, names)) {
      const known = values.get(field) ?? { texts: new Set<string>(), count: 0 };
      known.texts.add(text);
      known.count += 1;
      values.set(field, known);
    }
  }
  return new Map(
    [...values].map(([field, { texts, count }]) => {
      if (count < specimens.length) texts.add(absent);
      return [field, [...texts].sort()];
    }),
  );
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
        objects.map((object) => {
          const value = object as Json;
          const names = { nodes: about.nodes, own: nameIn(value) };
          return { subject: `${resource}, ${moment}`, value, names };
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
    const moment = momentOf(value);
    const own = boundName(value) ?? event.objectRef?.name ?? nameIn(value);
    const subject = moment === "" ? `body of ${what}` : `body of ${what}, ${moment}`;
    return [{ subject, value, names: { nodes: about.nodes, own } }];
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

/** What a status says has happened, so that only patches of the same moment are compared. */
function momentOf(body: Json): string {
  const { status } = body as {
    readonly status?: {
      readonly phase?: string;
      readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
      readonly containerStatuses?: readonly { readonly state?: object }[];
      readonly images?: readonly object[];
    };
  };
  if (status === undefined) return "";
  const ready = status.conditions?.find(({ type }) => type === "Ready")?.status;
  const words = [
    status.phase,
    ready === undefined ? undefined : `Ready=${ready}`,
    ...(status.containerStatuses ?? []).flatMap(({ state }) => Object.keys(state ?? {})),
    status.images === undefined ? undefined : "images",
  ];
  return words.filter((word) => word !== undefined).join(" ");
}

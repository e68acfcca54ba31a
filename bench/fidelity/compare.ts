import { type ContentRow, compareContents } from "./contents.ts";
import { hasDyingProxies, untilProxiesDie } from "./dead-proxies.ts";
import { compareIntervals, type Interval } from "./intervals.ts";
import { compareObjects, type FieldDifference } from "./objects.ts";
import { compareOrder, type StartOrder } from "./order.ts";
import { type OwnRequests, ownRequests } from "./own-requests.ts";
import { type About, milliseconds, type Recording } from "./recording.ts";
import { type HollowRequest, isOfNode, requestsOf } from "./requests.ts";
import { compareRows, isBad, type PhaseLengths, type Row } from "./rows.ts";
import type { Phase } from "./scenario.ts";
import { compareServer, type ServerRow } from "./server-counts.ts";
import { specimensOf } from "./specimens.ts";

/** Two recordings of the same scenario, laid side by side. */
export interface Comparison {
  readonly theirs: About;
  readonly ours: About;
  /** Seconds of each phase. */
  readonly phases: PhaseLengths;
  readonly rows: readonly Row[];
  /** What our program asks for itself, and none of its nodes. */
  readonly own: OwnRequests;
  readonly contents: readonly ContentRow[];
  readonly order: StartOrder;
  readonly intervals: readonly Interval[];
  readonly objects: readonly FieldDifference[];
  readonly server: readonly ServerRow[];
  readonly isEqual: boolean;
}

/** Compares a recording of Kubemark with one of ours. */
export function compare(theirs: Recording, ours: Recording): Comparison {
  const nodeCount = theirs.about.nodes.length;
  const isCut = hasDyingProxies(theirs.about.version);
  const requestsIn = (recording: Recording): readonly HollowRequest[] => {
    const requests = requestsOf(recording).filter(isOfNode);
    return isCut ? untilProxiesDie(requests, nodeCount) : requests;
  };
  const [a, b] = [requestsIn(theirs), requestsIn(ours)];
  const phases = phaseLengths(theirs, ours);
  const rows = compareRows(a, b, { nodeCount, phaseLengths: phases });
  const contents = compareContents(theirs.short, ours.short);
  const order = compareOrder(a, b, nodeCount);
  const intervals = compareIntervals(a, b);
  const objects = compareObjects(specimensOf(theirs, a), specimensOf(ours, b));
  const server = compareServer(theirs, ours);
  const own = ownRequests(ours);
  return {
    theirs: theirs.about,
    ours: ours.about,
    phases,
    rows,
    contents,
    order,
    intervals,
    objects,
    server,
    own,
    isEqual:
      !own.areTooMany &&
      ![rows, contents, intervals, server].flat().some(({ finding }) => isBad(finding)) &&
      order.inversions.length === 0 &&
      objects.every(({ purpose }) => purpose !== undefined),
  };
}

function phaseLengths(theirs: Recording, ours: Recording): PhaseLengths {
  const lengths = ({ marks }: Recording): ReadonlyMap<Phase, number> =>
    new Map(
      marks.slice(0, -1).map(({ phase, at }, index) => {
        const endMs = milliseconds(marks[index + 1]?.at ?? at);
        return [phase, (endMs - milliseconds(at)) / 1_000];
      }),
    );
  const [a, b] = [lengths(theirs), lengths(ours)];
  return new Map(
    [...a].map(([phase, seconds]) => [phase, { theirs: seconds, ours: b.get(phase) ?? 0 }]),
  );
}

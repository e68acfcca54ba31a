import type { Recording } from "./recording.ts";
import { isOfNode, requestsOf, shapeText } from "./requests.ts";
import { groupBy } from "./statistics.ts";

/**
 * What a program with many nodes asks for and no node does: whether it may do what it is about to,
 * which Nodes are there already, a Lease by which it is the only one of its name.
 */
export interface OwnRequests {
  /** How often, by shape. */
  readonly counts: ReadonlyMap<string, number>;
  /** Whether they are so many that they are a load of their own. */
  readonly areTooMany: boolean;
}

/** For the whole program, however many nodes it has. */
const perSecondMax = 0.5;

/** Counts them; Kubemark has none. */
export function ownRequests(ours: Recording): OwnRequests {
  const requests = requestsOf(ours).filter((request) => !isOfNode(request));
  const shapes = groupBy(requests, ({ shape }) => shapeText(shape));
  const counts = new Map([...shapes].map(([shape, { length }]) => [shape, length]));
  const [first, last] = [ours.marks.at(0), ours.marks.at(-1)];
  const seconds = (Date.parse(last?.at ?? "") - Date.parse(first?.at ?? "")) / 1_000;
  return { counts, areTooMany: requests.length > seconds * perSecondMax };
}

import type { RequestShape } from "./requests.ts";

/** Requests whose number is drawn by lot, on Kubemark's side already. */
export interface ChanceRow {
  readonly name: string;
  /** Why no two runs of Kubemark itself agree. */
  readonly reason: string;
  /** How far apart the two sides may be, in requests a node. */
  readonly apart: number;
  readonly matches: (shape: RequestShape) => boolean;
}

/** At most five; a row in this list is printed and does not decide the verdict. */
export const chanceRows: readonly ChanceRow[] = [
  {
    name: "rounds of the status manager at the end of a pod",
    reason:
      "Statuses wait for one worker, which writes the newest of each pod. Whether the new " +
      "observedGeneration is written by itself or with the end of the containers, and whether the " +
      "DELETE follows the last PATCH at once or in a round of its own, with a GET, is a race " +
      "between that worker, the limiter and the pod workers. The PATCHes of what has changed and " +
      "the DELETEs are not left to chance.",
    // Once for each of a node's pods.
    apart: 15,
    matches: ({ detail }) => endDetails.has(detail),
  },
];

const endDetails: ReadonlySet<string> = new Set([
  "patch of observedGeneration alone",
  "before patch of observedGeneration alone",
  "before delete",
  "before nothing",
]);

/** The entry that a shape falls under. */
export function chanceOf(shape: RequestShape): ChanceRow | undefined {
  return chanceRows.find(({ matches }) => matches(shape));
}

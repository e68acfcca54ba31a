import type { RequestShape } from "./requests.ts";

/** Requests whose number is drawn by lot, on Kubemark's side already. */
export interface ChanceRow {
  readonly name: string;
  /** Why no two runs of Kubemark itself agree. */
  readonly reason: string;
  readonly matches: (shape: RequestShape) => boolean;
}

/** At most five; a row in this list is printed and does not decide the verdict. */
export const chanceRows: readonly ChanceRow[] = [];

/** The entry that a shape falls under. */
export function chanceOf(shape: RequestShape): ChanceRow | undefined {
  return chanceRows.find(({ matches }) => matches(shape));
}

import { chanceOf } from "./chance.ts";
import { type HollowRequest, type RequestShape, shapeText } from "./requests.ts";
import type { Phase } from "./scenario.ts";

/** What was found about one line of the comparison. */
export type Finding = "equal" | "differs" | "theirs alone" | "ours alone" | "chance" | "too few";

/** Whether it speaks against the verdict. */
export function isBad(finding: Finding): boolean {
  return finding !== "equal" && finding !== "chance" && finding !== "too few";
}

/** How often something was counted on either side. */
export interface Counts {
  readonly theirs: number;
  readonly ours: number;
}

/** Requests of one shape, on both sides. */
export interface Row {
  readonly shape: RequestShape;
  readonly total: Counts;
  readonly phases: ReadonlyMap<Phase, Counts>;
  /** Phases whose counts are further apart than {@link areClose} allows. */
  readonly apart: readonly Phase[];
  readonly finding: Finding;
  /**
   * Of requests at intervals: how many ours would be if we did as Kubemark does, since a phase of
   * ours may be longer or shorter. Else what Kubemark sent.
   */
  readonly expected: number;
}

/** Seconds of each phase. */
export type PhaseLengths = ReadonlyMap<Phase, Counts>;

/** What nodes send every ten seconds or so, however long a phase is. */
function isPeriodic({ verb, path, query }: RequestShape): boolean {
  if (verb === "update") return path.endsWith("/leases/{node}");
  return path === "/api/v1/nodes/{node}" && query === "resourceVersion=0&timeout=10s";
}

/** Within 2 %, or within one request a node. */
function areClose({ theirs, ours }: Counts, nodeCount: number): boolean {
  const difference = Math.abs(theirs - ours);
  return difference <= nodeCount || difference <= 0.02 * theirs;
}

/** Lays the requests of both sides side by side, by shape; those that differ most come first. */
export function compareRows(
  theirs: readonly HollowRequest[],
  ours: readonly HollowRequest[],
  { nodeCount, phaseLengths }: { readonly nodeCount: number; readonly phaseLengths: PhaseLengths },
): readonly Row[] {
  const judge = (shape: RequestShape, phases: ReadonlyMap<Phase, Counts>): Row => {
    const expected = isPeriodic(shape) ? stretched(phases, phaseLengths) : phases;
    const total = sum([...phases.values()]);
    const stretchedTotal = sum([...expected.values()]);
    const apart = [...expected].flatMap(([phase, counts]) =>
      areClose(counts, nodeCount) ? [] : [phase],
    );
    const found = findingOf(stretchedTotal, apart, nodeCount);
    const finding = found !== "equal" && isChance(shape, phases, nodeCount) ? "chance" : found;
    return { shape, total, phases, apart, finding, expected: stretchedTotal.theirs };
  };
  const rows = new Map<string, { shape: RequestShape; phases: Map<Phase, Counts> }>();
  const count = (request: HollowRequest, side: keyof Counts): void => {
    const { shape, phase } = request;
    const key = shapeText(shape);
    const row = rows.get(key) ?? { shape, phases: new Map<Phase, Counts>() };
    const counts = row.phases.get(phase) ?? { theirs: 0, ours: 0 };
    row.phases.set(phase, { ...counts, [side]: counts[side] + 1 });
    rows.set(key, row);
  };
  for (const request of theirs) count(request, "theirs");
  for (const request of ours) count(request, "ours");
  return [...rows.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { shape, phases }]) => judge(shape, phases));
}

/** What Kubemark would have sent had its phases been as long as ours. */
function stretched(
  phases: ReadonlyMap<Phase, Counts>,
  phaseLengths: PhaseLengths,
): ReadonlyMap<Phase, Counts> {
  return new Map(
    [...phases].map(([phase, { theirs, ours }]) => {
      const lengths = phaseLengths.get(phase);
      const factor = lengths === undefined ? 1 : lengths.ours / lengths.theirs;
      return [phase, { theirs: theirs * factor, ours }];
    }),
  );
}

/** Whether the difference is one that the list of chances knows, in size and place. */
function isChance(
  shape: RequestShape,
  phases: ReadonlyMap<Phase, Counts>,
  nodeCount: number,
): boolean {
  const chance = chanceOf(shape);
  if (chance === undefined) return false;
  const counts = [...phases];
  const inside = counts.filter(([phase]) => chance.phases?.has(phase) ?? true);
  const outside = counts.filter(([phase]) => !(chance.phases?.has(phase) ?? true));
  const { theirs, ours } = sum(inside.map(([, each]) => each));
  const rest = sum(outside.map(([, each]) => each));
  const isRestEqual =
    (rest.theirs === 0) === (rest.ours === 0) &&
    outside.every(([, each]) => areClose(each, nodeCount)) &&
    areClose(rest, nodeCount);
  return isRestEqual && Math.abs(theirs - ours) <= chance.apart * nodeCount;
}

function sum(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (total, { theirs, ours }) => ({ theirs: total.theirs + theirs, ours: total.ours + ours }),
    { theirs: 0, ours: 0 },
  );
}

function findingOf(total: Counts, apart: readonly Phase[], nodeCount: number): Finding {
  if (total.ours === 0) return "theirs alone";
  if (total.theirs === 0) return "ours alone";
  return apart.length === 0 && areClose(total, nodeCount) ? "equal" : "differs";
}

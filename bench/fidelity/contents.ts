import type { ShortRecording } from "./recording.ts";
import { isOfNode, pathShape } from "./requests.ts";
import type { Counts, Finding } from "./rows.ts";

/** Requests of one kind whose bodies, Accept headers and answers are of the same types. */
export interface ContentRow {
  readonly agent: string;
  readonly verb: string;
  readonly path: string;
  /** `BODY, Accept ACCEPT, answer ANSWER`, shortened. */
  readonly types: string;
  readonly counts: Counts;
  /** Numbers do not count here: it is equal if both sides have it. */
  readonly finding: Finding;
}

/** Compares in which content types each request was sent, and answered, if both sides recorded it. */
export function compareContents(
  theirs: ShortRecording | undefined,
  ours: ShortRecording | undefined,
): readonly ContentRow[] {
  const rows = new Map<string, Omit<ContentRow, "finding">>();
  if (theirs === undefined || ours === undefined) return [];
  const take = (recording: ShortRecording, side: keyof Counts): void => {
    for (const kind of kindsOf(recording)) {
      const key = Object.values(kind).join(" ");
      const counts = rows.get(key)?.counts ?? { theirs: 0, ours: 0 };
      rows.set(key, { ...kind, counts: { ...counts, [side]: counts[side] + 1 } });
    }
  };
  take(theirs, "theirs");
  take(ours, "ours");
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => ({ ...row, finding: findingOf(row.counts) }));
}

function findingOf({ theirs, ours }: Counts): Finding {
  if (ours === 0) return "theirs alone";
  return theirs === 0 ? "ours alone" : "equal";
}

/** Each request once, at the stage that came last. */
function kindsOf({ about, events, headers }: ShortRecording) {
  const lastEvents = new Map(events.map((event) => [event.auditID, event]));
  return headers.flatMap(({ auditID, accept, contentType, answerContentType }) => {
    const event = lastEvents.get(auditID);
    if (event === undefined || !isOfNode({ shape: { agent: event.userAgent ?? "" } })) return [];
    const { pathname } = new URL(event.requestURI, "https://server");
    return [
      {
        agent: event.userAgent ?? "",
        verb: event.verb,
        path: pathShape(pathname, event.objectRef?.name, about.nodes),
        types: `${shortType(contentType)}, Accept ${shortType(accept)}, answer ${shortType(answerContentType)}`,
      },
    ];
  });
}

function shortType(type = "–"): string {
  return type.replaceAll("application/", "").replaceAll("vnd.kubernetes.", "");
}

import { describe, expect, test } from "vitest";
import { chanceRows } from "./chance.ts";
import { compare } from "./compare.ts";
import { fidelityPage } from "./page.ts";
import type { AuditEvent, Recording } from "./recording.ts";
import { asMarkdown, asText, sectionsOf, verdictOf } from "./report.ts";

const nodes = ["n-0", "n-1", "n-2", "n-3", "n-4", "n-5", "n-6", "n-7", "n-8", "n-9"];
const startMs = Date.parse("2026-11-24T10:00:00Z");
const idleMs = startMs + 30_000;

let lastId = 0;

interface Sent {
  readonly atMs: number;
  readonly verb: string;
  readonly uri: string;
  readonly resource: string;
  readonly name?: string;
  readonly body?: unknown;
  readonly lastsMs?: number;
}

function time(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "250Z");
}

function eventsOf({ atMs, verb, uri, resource, name, body, lastsMs = 2 }: Sent): AuditEvent[] {
  lastId += 1;
  const event = {
    auditID: String(lastId),
    verb,
    requestURI: uri,
    userAgent: "hollow-kubelet",
    objectRef: { resource, ...(name === undefined ? {} : { name }) },
    responseStatus: { code: 200 },
    ...(body === undefined ? {} : { requestObject: body }),
    requestReceivedTimestamp: time(atMs),
  };
  const complete = { ...event, stage: "ResponseComplete", stageTimestamp: time(atMs + lastsMs) };
  if (verb !== "watch") return [complete];
  return [{ ...event, stage: "ResponseStarted", stageTimestamp: time(atMs + 1) }, complete];
}

/** What the synthetic nodes send; each test changes a bit of it. */
function sentBy(node: string, index: number): readonly Sent[] {
  const begunMs = startMs + index * 100;
  const selector = `fieldSelector=metadata.name%3D${node}`;
  const lease = {
    verb: "update",
    uri: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}?timeout=10s`,
    resource: "leases",
    name: node,
  };
  const seconds = 301 + index;
  const watch = `allowWatchBookmarks=true&${selector}&resourceVersion=7&timeout=5m${seconds - 300}s&timeoutSeconds=${seconds}&watch=true`;
  return [
    {
      atMs: begunMs,
      verb: "list",
      uri: `/api/v1/nodes?${selector}&limit=500&resourceVersion=0`,
      resource: "nodes",
    },
    {
      atMs: begunMs + 5,
      verb: "watch",
      uri: `/api/v1/nodes?${watch}`,
      resource: "nodes",
      lastsMs: seconds * 1_000,
    },
    {
      atMs: begunMs + 200,
      verb: "create",
      uri: "/api/v1/nodes",
      resource: "nodes",
      body: {
        kind: "Node",
        metadata: { name: node, uid: `0badcafe-0000-4000-8000-00000000000${index}` },
      },
    },
    ...Array.from({ length: 30 }, (_, beat) => ({ ...lease, atMs: idleMs + beat * 10_200 })),
  ];
}

function recordingOf(
  change: (sent: readonly Sent[]) => readonly Sent[] = (sent) => sent,
): Recording {
  const usage = { processes: 20, cpuMs: 1, rssBytes: 1, connections: nodes.map(() => 2) };
  return {
    about: { version: "v1.34.4", subject: "kubemark", nodes },
    events: change(nodes.flatMap(sentBy)).flatMap(eventsOf),
    marks: [
      { phase: "start", at: new Date(startMs).toISOString() },
      { phase: "idle", at: new Date(idleMs).toISOString() },
      { phase: "end", at: new Date(idleMs + 330_000).toISOString() },
    ],
    snapshots: [{ moment: "idle", at: "", items: { nodes: nodes.map(nodeObject) } }],
    server: { watches: { nodes: 10, pods: 10 }, idleS: 300, idleBegin: usage, idleEnd: usage },
    short: {
      about: { version: "v1.34.4", subject: "kubemark", nodes },
      events: sentBy("n-0", 0).flatMap(eventsOf),
      headers: [],
    },
  };
}

function nodeObject(name: string): Record<string, unknown> {
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: {
      conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "2026-11-24T10:00:00Z" }],
    },
  };
}

const theirs = recordingOf();

describe("a recording", () => {
  test("equals itself", () => {
    const comparison = compare(theirs, theirs);
    expect(comparison.isEqual).toBe(true);
    expect(comparison.rows.map(({ total }) => total)).toEqual([
      { theirs: 10, ours: 10 },
      { theirs: 10, ours: 10 },
      { theirs: 300, ours: 300 },
      { theirs: 10, ours: 10 },
    ]);
    expect(verdictOf(comparison)).toBe("v1.34.4: equal (4 rows of requests)");
  });

  test("equals one of other nodes, times and UIDs that did the same", () => {
    const text = JSON.stringify(theirs)
      .replaceAll(/n-(?=\d")|(?<=%3D)n-|(?<=leases\/)n-/g, "m-")
      .replaceAll("0badcafe", "0decade5")
      .replaceAll("2026-11-24T", "2027-01-01T");
    expect(verdictOf(compare(theirs, JSON.parse(text)))).toBe(
      "v1.34.4: equal (4 rows of requests)",
    );
  });
});

/** Each takes away one thing that the verdict must not let pass. */
const differing: readonly (readonly [what: string, ours: Recording, verdict: string])[] = [
  [
    "a shape of requests that only Kubemark sends",
    recordingOf((sent) => sent.filter(({ verb }) => verb !== "list")),
    "differs in 1 rows of requests",
  ],
  [
    "a shape of requests that only we send, and be it once",
    recordingOf((sent) => [
      ...sent,
      { atMs: idleMs, verb: "get", uri: "/api/v1/nodes/n-0", resource: "nodes", name: "n-0" },
    ]),
    "differs in 1 rows of requests",
  ],
  [
    "more than 2 % and more than one request a node too few",
    recordingOf((sent) => dropSome(sent, "update", 11)),
    "differs in 1 rows of requests",
  ],
  [
    "another limit",
    recordingOf((sent) =>
      sent.map((one) => ({ ...one, uri: one.uri.replace("limit=500", "limit=100") })),
    ),
    "differs in 2 rows of requests",
  ],
  [
    "a watch whose timeout is not its timeoutSeconds",
    recordingOf((sent) =>
      sent.map((one) => ({ ...one, uri: one.uri.replace("timeout=5m", "timeout=6m") })),
    ),
    "differs in 2 rows of requests",
  ],
  [
    "the right number of requests in another phase",
    recordingOf((sent) =>
      sent.map((one) => (one.verb === "update" ? { ...one, atMs: startMs + 1_000 } : one)),
    ),
    "differs in 1 rows of requests, 1 intervals",
  ],
  [
    "longer intervals",
    recordingOf((sent) =>
      sent.map((one) =>
        one.verb === "update" ? { ...one, atMs: stretched(one.atMs, 1.03) } : one,
      ),
    ),
    "differs in 1 intervals",
  ],
  [
    "watches that end too soon",
    recordingOf((sent) =>
      sent.map((one) => (one.verb === "watch" ? { ...one, lastsMs: 200_000 } : one)),
    ),
    "differs in 1 intervals",
  ],
  [
    "another order at start",
    recordingOf((sent) =>
      sent.map((one) => (one.verb === "create" ? { ...one, atMs: one.atMs - 198 } : one)),
    ),
    "differs in 1 inversions of the order at start",
  ],
  [
    "another field of what is sent",
    recordingOf((sent) =>
      sent.map((one) => (one.verb === "create" ? { ...one, body: { kind: "Node" } } : one)),
    ),
    "differs in 2 fields",
  ],
  [
    "another value in what the server holds",
    {
      ...theirs,
      snapshots: [{ moment: "idle", at: "", items: { nodes: nodes.map(notReady) } }],
    },
    "differs in 1 fields",
  ],
  [
    "no connection of its own for each process",
    {
      ...theirs,
      server: { ...theirs.server, idleEnd: { ...theirs.server.idleEnd, connections: [8] } },
    },
    "differs in 1 counts of the server",
  ],
  [
    "a watch that the server does not count",
    { ...theirs, server: { ...theirs.server, watches: { nodes: 10 } } },
    "differs in 1 counts of the server",
  ],
];

/** The same, with the headers of the short recording's first request. */
function withTypes(recording: Recording, contentType: string): Recording {
  const [event] = recording.short?.events ?? [];
  if (recording.short === undefined || event === undefined) throw new Error("no short recording");
  const headers = [{ auditID: event.auditID, accept: "application/json", contentType }];
  return { ...recording, short: { ...recording.short, headers } };
}

test("content types that only one side has are found", () => {
  const theirTypes = withTypes(theirs, "application/vnd.kubernetes.protobuf");
  expect(verdictOf(compare(theirTypes, theirTypes))).toBe("v1.34.4: equal (4 rows of requests)");
  const comparison = compare(theirTypes, withTypes(recordingOf(), "application/json"));
  expect(comparison.contents.map(({ types, finding }) => [types, finding])).toEqual([
    ["json, Accept json, answer –", "ours alone"],
    ["protobuf, Accept json, answer –", "theirs alone"],
  ]);
  expect(verdictOf(comparison)).toBe("v1.34.4: differs in 2 content types");
});

function dropSome(sent: readonly Sent[], verb: string, count: number): readonly Sent[] {
  let dropped = 0;
  return sent.filter((one) => {
    const isDropped = one.verb === verb && dropped < count;
    if (isDropped) dropped += 1;
    return !isDropped;
  });
}

function stretched(atMs: number, factor: number): number {
  return idleMs + (atMs - idleMs) * factor;
}

function notReady(name: string): Record<string, unknown> {
  const node = nodeObject(name);
  return {
    ...node,
    status: {
      conditions: [{ type: "Ready", status: "False", lastHeartbeatTime: "2026-11-24T10:00:00Z" }],
    },
  };
}

describe("the comparison finds", () => {
  test.each(differing)("%s", (_, ours, verdict) => {
    const comparison = compare(theirs, ours);
    expect(verdictOf(comparison)).toBe(`v1.34.4: ${verdict}`);
    expect(comparison.isEqual).toBe(false);
  });
});

test.each([
  ["one request a node", 10],
  ["no more than a request of each node", 5],
])("lets %s go", (_, count) => {
  const ours = recordingOf((sent) => dropSome(sent, "update", count));
  expect(compare(theirs, ours).rows.map(({ finding }) => finding)).not.toContain("differs");
});

describe("rows that depend on chance", () => {
  const early = (atMs: number): Sent => ({
    atMs,
    verb: "get",
    uri: "/api/v1/nodes/n-0?timeout=10s",
    resource: "nodes",
    name: "n-0",
  });
  const found = (atMs: number, count: number) => {
    const ours = recordingOf((sent) => [
      ...sent,
      ...Array.from({ length: count }, () => early(atMs)),
    ]);
    return compare(theirs, ours).rows.find(({ shape }) => shape.verb === "get")?.finding;
  };

  test.each([
    ["as many as chance may make, when it may", startMs, 30, "chance"],
    ["more than chance may make", startMs, 31, "ours alone"],
    ["in a phase where nothing is left to chance", idleMs, 1, "ours alone"],
  ] as const)("%s", (_, atMs, count, finding) => {
    expect(found(atMs, count)).toBe(finding);
  });
});

describe("what our program asks for itself", () => {
  const withOwn = (count: number): Recording => {
    const [event] = eventsOf({ atMs: idleMs, verb: "get", uri: "/version", resource: "" });
    if (event === undefined) throw new Error("no event");
    const own = Array.from({ length: count }, (_, id) => ({
      ...event,
      auditID: `own-${id}`,
      userAgent: "hollowmark",
    }));
    return { ...theirs, events: [...theirs.events, ...own] };
  };

  test("is listed, and does not decide", () => {
    const comparison = compare(theirs, withOwn(3));
    expect(comparison.isEqual).toBe(true);
    expect(asText(sectionsOf(comparison))).toContain("3     hollowmark get /version 200");
  });

  test("decides if it is a load of its own", () => {
    expect(verdictOf(compare(theirs, withOwn(181)))).toContain("which are too many");
  });
});

test("what marks the fleet is named, and does not decide", () => {
  const marked = nodes.map((name) => {
    const labels = { "kubernetes.io/hostname": name, "hollowmark/fleet": "default" };
    return { ...nodeObject(name), metadata: { name, labels } };
  });
  const ours = { ...theirs, snapshots: [{ moment: "idle", at: "", items: { nodes: marked } }] };
  const comparison = compare(theirs, ours);
  expect(comparison.isEqual).toBe(true);
  expect(asText(sectionsOf(comparison))).toContain("on purpose: the mark of the fleet");
});

test("the report lines columns up, for a terminal and for a page", () => {
  const comparison = compare(
    theirs,
    recordingOf((sent) => dropSome(sent, "list", 10)),
  );
  const [header = "", first = ""] = asText(sectionsOf(comparison)).split("\n").slice(1);
  expect(first).toMatch(/^10 +10 +1\.0 +1\.00 +ok +hollow-kubelet +create +\/api\/v1\/nodes 200$/);
  expect(header.indexOf("request")).toBe(first.indexOf("/api/v1/nodes"));
  expect(asMarkdown(sectionsOf(comparison), 3)).toContain(
    "| 10 | 0 | 1.0 | 0.00 | THEIRS ALONE | hollow-kubelet | list | /api/v1/nodes?fieldSelector=metadata.name={node}&limit=500&resourceVersion=0 200 |",
  );
});

test("the page states the verdict of each version, with its tables", () => {
  const page = fidelityPage([compare(theirs, theirs)], { command: "npm test", date: "2026-11-24" });
  expect(page).toContain("| v1.34.4 | 330 s | equal (4 rows of requests) |");
  expect(page).toContain("## v1.34.4\n\n### Requests\n\n| theirs | ours |");
  for (const { name } of chanceRows) expect(page).toContain(name.slice(1));
});

test("no more than five rows are left to chance, each with a reason", () => {
  expect(chanceRows.length).toBeLessThanOrEqual(5);
  for (const { reason } of chanceRows) expect(reason).not.toBe("");
});

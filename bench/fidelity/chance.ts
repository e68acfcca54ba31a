import type { RequestShape } from "./requests.ts";
import type { Phase } from "./scenario.ts";

/** Requests whose number is drawn by lot, on Kubemark's side already. */
export interface ChanceRow {
  readonly name: string;
  /** Why no two runs of Kubemark itself agree. */
  readonly reason: string;
  /** How far apart the two sides may be, in requests a node. */
  readonly apart: number;
  /** In which phases; in all others the rows have to be equal. Default: in all. */
  readonly phases?: ReadonlySet<Phase>;
  readonly matches: (shape: RequestShape) => boolean;
  /** Requests that are always sent, but as long after the start as chance has it. */
  readonly follows?: (shape: RequestShape) => boolean;
}

/** At most five; a row in this list is printed and does not decide the verdict. */
export const chanceRows: readonly ChanceRow[] = [
  {
    name: "rounds of the status manager at the end of a pod",
    reason:
      "Statuses wait for one worker, which writes the newest of each pod. Whether the new " +
      "observedGeneration is written by itself or with the end of the containers, and whether the " +
      "DELETE follows the last PATCH at once or in a round of its own, with a GET, is a race " +
      "between that worker, the limiter and the pod workers. The PATCHes to the end of the " +
      "containers and the DELETEs are not left to chance.",
    // Once for each of a node's pods.
    apart: 15,
    matches: ({ detail }) => endDetails.has(detail),
  },
  {
    name: "statuses of a pod before its containers run",
    reason:
      "The same worker writes a pod's first status, unless the limiter and a busy server keep it " +
      "until the containers run: then it writes that they do, at once. Where it is quick, it may " +
      "also write that the sandbox is there before the containers are. The PATCHes to running are " +
      "not left to chance.",
    // Of 15 pods a node, on a machine that is too small for kubemark.
    apart: 6,
    phases: new Set(["pods", "scale-up"]),
    matches: ({ detail }) => startDetails.has(detail.replace("before ", "")),
  },
  {
    name: "watches of config maps and secrets that end for idleness before their first use",
    reason:
      "Once a minute a kubelet ends those watches whose object nobody has asked for within a " +
      "minute. One that is just synced, and not yet asked for, is ended too, and begins again " +
      "from where it was when a volume is mounted (watch_based_manager.go).",
    apart: 1,
    phases: new Set(["pods", "scale-up"]),
    matches: ({ agent, verb, path, query }) =>
      agent === "hollow-kubelet" &&
      /\/(?:configmaps|secrets)$/.test(path) &&
      query.includes("resourceVersion=N") &&
      (verb === "list" || query.includes("sendInitialEvents=true")),
  },
  {
    name: "what a new node asks for until its Node is there",
    reason:
      "A kubelet posts its Node 100 ms after its start. Until then it looks for Node and CSINode " +
      "after 10, 50 and 250 ms, and once for the Lease, which it makes at once if the Node is " +
      "there and 10 s later if not. How many of these come too early depends on how long " +
      "connecting takes, on a machine where all nodes connect at once.",
    // Four rounds, of which at least one finds the Node.
    apart: 3,
    phases: new Set(["start", "ready"]),
    matches: ({ agent, verb, path, query, code }) =>
      agent === "hollow-kubelet" &&
      ((verb === "get" && code === 404 && path.endsWith("/{node}")) ||
        (verb === "get" && path === "/api/v1/nodes/{node}" && query === "timeout=10s") ||
        (verb === "create" && path.endsWith("/leases"))),
    follows: ({ agent, verb, path, query }) =>
      agent === "hollow-kubelet" &&
      ((verb === "get" && path === "/api/v1/nodes/{node}" && query === "") ||
        (verb === "create" && path.endsWith("/csinodes"))),
  },
];

const startDetails: ReadonlySet<string> = new Set([
  "patch to waiting",
  "patch of conditions alone",
]);

const endDetails: ReadonlySet<string> = new Set([
  "patch of observedGeneration alone",
  "before patch of observedGeneration alone",
  "before delete",
  "before nothing",
]);

/** Whether when it is sent depends on chance, so that it has no place in an order. */
export function isUnordered(shape: RequestShape): boolean {
  return chanceRows.some(({ matches, follows }) => matches(shape) || follows?.(shape));
}

/** The entry that a shape falls under. */
export function chanceOf(shape: RequestShape): ChanceRow | undefined {
  return chanceRows.find(({ matches }) => matches(shape));
}

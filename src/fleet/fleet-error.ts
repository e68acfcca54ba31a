export type FleetErrorReason =
  /** Another process runs a fleet of that name. */
  | "held"
  /** Another process has taken over the fleet while it ran, or has removed it. */
  | "lost"
  /** Not all nodes were Ready in time. */
  | "timeout"
  /** Nodes that are not Ready will not become so: the API server refuses them. */
  | "refused"
  /** A worker thread that some of its nodes ran in has ended by itself. */
  | "crashed";

/** A fleet cannot do what it was asked to. The message is one line. */
export class FleetError extends Error {
  override readonly name = "FleetError";
  readonly reason: FleetErrorReason;
  constructor(reason: FleetErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

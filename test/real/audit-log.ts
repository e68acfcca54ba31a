import { readFile } from "node:fs/promises";
import type { ControlPlane } from "../control-plane/control-plane.ts";

interface AuditEvent {
  readonly userAgent?: string;
  readonly verb: string;
  readonly stage: string;
  readonly requestURI: string;
  readonly responseStatus?: { readonly code?: number };
}

/**
 * What user agents that begin so have asked for, by the audit log, with the code of the answer. Resource
 * versions and times drawn by lot are masked; the `timeout=10s` of heartbeats is not.
 */
export async function audited(
  { auditLogPath }: ControlPlane,
  agent: string,
): Promise<readonly string[]> {
  const text = await readFile(auditLogPath, "utf8");
  const events = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): AuditEvent => JSON.parse(line));
  return events
    .filter(({ userAgent, stage, verb }) => {
      if (userAgent?.startsWith(agent) !== true) return false;
      return stage === (verb === "watch" ? "ResponseStarted" : "ResponseComplete");
    })
    .map(({ verb, requestURI, responseStatus }) => {
      const uri = decodeURIComponent(requestURI)
        .replace(/resourceVersion=[1-9]\d*/, "resourceVersion=N")
        .replace(/timeoutSeconds=\d+/, "timeoutSeconds=S")
        .replace(/timeout=(?!10s)[\dhms]+/, "timeout=D");
      return `${verb} ${uri} ${responseStatus?.code}`;
    });
}

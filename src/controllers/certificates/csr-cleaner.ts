import { parseTime } from "../../base/rfc3339.ts";
import { validityOf } from "../../k8s/pki/validity.ts";
import { certificateSigningRequests } from "../../k8s/resources.ts";
import { isApiError } from "../../k8s/status.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import { forEachBounded } from "../bounded.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";

const hourMs = 3_600_000;
/** How often all requests are looked through (`pollingInterval`). */
const checkPeriodMs = hourMs;
const decidedMaxMs = hourMs;
const pendingMaxMs = 24 * hourMs;
const inFlightMax = 16;

/**
 * Deletes requests that have served their purpose or that nobody cares for: decided ones after an
 * hour, others after a day, those whose certificate has expired at once. Follows
 * `pkg/controller/certificates/cleaner/cleaner.go`.
 */
export function startCsrCleaner(context: ControllerContext): RunningController {
  const { client, informers, signal, env } = context;
  const requests = informers.certificateSigningRequests();
  const loop = startReconcileLoop(
    {
      name: "certificatesigningrequest-cleaner-controller",
      workers: 1,
      after: [requests.synced],
      signal,
      async reconcile() {
        const nowMs = env.clock.nowMs();
        const old = [...requests.indexer.values()].filter((csr) => isOver(csr, nowMs));
        await forEachBounded(old, inFlightMax, async ({ metadata }) => {
          try {
            await client.delete(certificateSigningRequests, { name: metadata.name });
          } catch (error) {
            if (!isApiError(error, "NotFound")) throw error;
          }
        });
        return checkPeriodMs;
      },
    },
    env,
  );
  loop.add("all");
  return loop;
}

/** Whether nobody needs the request any more. */
function isOver({ metadata, status }: CertificateSigningRequest, nowMs: number): boolean {
  for (const { type, lastUpdateTime } of status?.conditions ?? []) {
    const isDecision = type === "Approved" || type === "Denied" || type === "Failed";
    const sinceMs = parseTime(lastUpdateTime ?? "");
    if (isDecision && sinceMs !== undefined && nowMs - sinceMs > decidedMaxMs) return true;
  }
  const createdMs = parseTime(metadata.creationTimestamp) ?? nowMs;
  if ((status?.conditions ?? []).length === 0) return nowMs - createdMs > pendingMaxMs;
  const validity = validityOf(Buffer.from(status?.certificate ?? "", "base64"));
  return validity !== undefined && validity.notAfterMs < nowMs;
}

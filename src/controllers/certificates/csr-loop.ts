import { isApiError } from "../../k8s/status.ts";
import type { CertificateSigningRequest } from "../../k8s/types/certificates.ts";
import type { ControllerContext, RunningController } from "../controller-context.ts";
import type { ControllerName } from "../controller-options.ts";
import { startReconcileLoop } from "../reconcile-loop.ts";

/** As kube-controller-manager has for each of its CSR controllers. */
const workers = 5;

/** Calls `handle` for each request that is new or has changed (`certificate_controller.go`). */
export function startCsrLoop(
  name: ControllerName,
  { informers, signal, env }: ControllerContext,
  handle: (csr: CertificateSigningRequest) => Promise<void>,
): RunningController {
  const requests = informers.certificateSigningRequests();
  const loop = startReconcileLoop(
    {
      name,
      workers,
      after: [requests.synced],
      signal,
      async reconcile(key) {
        const csr = requests.indexer.get(key);
        try {
          if (csr !== undefined) await handle(csr);
        } catch (error) {
          if (!isApiError(error, "NotFound")) throw error;
        }
        return undefined;
      },
    },
    env,
  );
  requests.subscribe({
    added: ({ metadata }) => loop.add(metadata.name),
    updated: ({ metadata }) => loop.add(metadata.name),
  });
  return loop;
}

import { configMaps } from "../k8s/resources.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import { startNamespaceKeeper } from "./namespace-keeper.ts";

const objectName = "kube-root-ca.crt";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/**
 * Keeps the ConfigMap `kube-root-ca.crt` in every namespace, as pods mount it. Follows
 * `pkg/controller/certificates/rootcacertpublisher/publisher.go`.
 */
export function startRootCaPublisher(context: ControllerContext): RunningController {
  const { client, informers, options } = context;
  const data = { "ca.crt": options.rootCaPem ?? "" };
  return startNamespaceKeeper(
    {
      name: "root-ca-certificate-publisher-controller",
      objects: informers.rootCaConfigMaps(),
      objectName,
      async ensure(namespace, existing) {
        if (existing === undefined) {
          const annotations = { "kubernetes.io/description": description };
          const metadata = { name: objectName, namespace, annotations };
          await client.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
        } else if (existing.data?.["ca.crt"] !== data["ca.crt"]) {
          await client.update(configMaps, { ...existing, data });
        }
      },
    },
    context,
  );
}

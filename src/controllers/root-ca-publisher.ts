import { configMaps as configMapResource } from "../k8s/resources.ts";
import type { ControllerContext, RunningController } from "./controller-context.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";
import { ignoreRefusal, isActive } from "./service-account.ts";

const name = "kube-root-ca.crt";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/**
 * Keeps the ConfigMap `kube-root-ca.crt` in every namespace, as pods mount it. Follows
 * `pkg/controller/certificates/rootcacertpublisher/publisher.go`.
 */
export function startRootCaPublisher(context: ControllerContext): RunningController {
  const { client, informers, options, signal, env } = context;
  const namespaces = informers.namespaces();
  const configMaps = informers.rootCaConfigMaps();
  const data = { "ca.crt": options.rootCaPem ?? "" };
  const loop = startReconcileLoop(
    {
      name: "root-ca-certificate-publisher-controller",
      workers: 5,
      after: [namespaces.synced, configMaps.synced],
      signal,
      async reconcile(namespace) {
        if (!isActive(namespaces.indexer.get(namespace))) return undefined;
        const existing = configMaps.indexer.get(`${namespace}/${name}`);
        if (existing === undefined) {
          const annotations = { "kubernetes.io/description": description };
          const metadata = { name, namespace, annotations };
          const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
          await client.create(configMapResource, configMap).catch(ignoreRefusal);
        } else if (existing.data?.["ca.crt"] !== data["ca.crt"]) {
          await client.update(configMapResource, { ...existing, data });
        }
        return undefined;
      },
    },
    env,
  );
  namespaces.subscribe({
    added: ({ metadata }) => loop.add(metadata.name),
    updated: ({ metadata }) => loop.add(metadata.name),
  });
  configMaps.subscribe({
    updated: ({ metadata }) => loop.add(metadata.namespace ?? ""),
    deleted: ({ metadata }) => loop.add(metadata.namespace ?? ""),
  });
  return loop;
}

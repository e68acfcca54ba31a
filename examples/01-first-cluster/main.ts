import { createCluster, createSystemEnv, deployments, pods } from "hollowmark";
import { createInformer } from "hollowmark/client";

const env = createSystemEnv();
await using cluster = await createCluster({ nodes: 50 }, env);
console.log(`${cluster.status().nodes.ready} nodes are Ready at ${cluster.controlPlane.url}`);

const replicas = 200;
const labels = { app: "web" };
await cluster.client.create(deployments, {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "nginx", image: "nginx" }] } },
  },
});

await using informer = createInformer(cluster.client, pods, { labelSelector: "app=web" }, env);
const nodesInUse = await new Promise<number>((resolve) => {
  const check = (): void => {
    const running = [...informer.indexer.values()].filter((pod) => pod.status?.phase === "Running");
    if (running.length === replicas) resolve(new Set(running.map((pod) => pod.spec.nodeName)).size);
  };
  informer.subscribe({ added: check, updated: check });
});
console.log(`${replicas} pods run on ${nodesInUse} nodes`);

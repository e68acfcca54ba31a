import { adminUser, createApiServer } from "../src/apiserver/index.ts";
import { type Client, createClient } from "../src/client/index.ts";
import { createSystemEnv } from "../src/cluster/index.ts";
import { podFromTemplate } from "../src/controllers/pod-control.ts";
import { leases, nodes, pods, replicaSets, serviceAccounts } from "../src/k8s/resources.ts";
import type { ReplicaSet } from "../src/k8s/types/apps.ts";
import { createNodeLease, type NodeLease } from "../src/kubelet/node-lease.ts";
import { registerNode } from "../src/kubelet/node-registration.ts";
import { postNodeStatus } from "../src/kubelet/node-status.ts";
import { createNodeTemplate } from "../src/kubelet/node-template.ts";
import type { Figure } from "./results.ts";

const nodeCount = 1_000;
const warmUpRounds = 5;
const rounds = 15;
const env = createSystemEnv();
const { signal } = new AbortController();

/** One write for the node of that number. */
type Write = (index: number) => Promise<unknown>;

/** What the commonest writes cost the embedded API server, called in the process, with a watch of each type. */
export async function benchApiServer(): Promise<readonly Figure[]> {
  const server = createApiServer({}, env);
  try {
    const client = createClient({ transport: server.handle, user: adminUser });
    const nodeWrites = await openNodes(client);
    const figures: Figure[] = [];
    for (const { name, write } of [...nodeWrites, await openReplicaSet(client)]) {
      const value = await cpuUsOf(write);
      figures.push({ name, value, note: `µs of CPU, of ${rounds * nodeCount} writes` });
    }
    return figures;
  } finally {
    server.close();
  }
}

interface NamedWrite {
  readonly name: string;
  readonly write: Write;
}

async function openNodes(client: Client): Promise<readonly NamedWrite[]> {
  const template = createNodeTemplate({
    fleet: "bench",
    labels: {},
    taints: [],
    capacity: { cpu: "32", memory: "256Gi", "ephemeral-storage": "100Gi", pods: "110" },
    kubeletVersion: "v1.34.4",
  });
  const kubelets: { readonly name: string; readonly lease: NodeLease }[] = [];
  for (let index = 0; index < nodeCount; index += 1) {
    const node = { name: `bench-${index}`, ip: "10.0.0.1", template };
    const registered = await registerNode(node, undefined, client, env, signal);
    if (registered.kind === "foreign") throw new Error(registered.message);
    const lease = createNodeLease(node, registered.node.metadata.uid);
    kubelets.push({ name: node.name, lease });
  }
  const at = (index: number) => kubelets[index] ?? missing(`node ${index}`);
  await client.watch(leases, {}, ignoringSink);
  await client.watch(nodes, {}, ignoringSink);
  return [
    {
      name: "lease-put-us",
      write: async (index) => {
        const renewal = await at(index).lease.renew(client, env.clock.nowMs(), signal);
        if (renewal.kind === "refused") missing(`renewal: ${renewal.code}`);
      },
    },
    {
      name: "node-status-patch-us",
      // A second later each time, so that each patch changes something.
      write: async (index) => {
        const { name } = at(index);
        const code = await postNodeStatus(name, "heartbeat", client, laterMs(index), signal);
        if (code >= 300) missing(`heartbeat: ${code}`);
      },
    },
  ];
}

let seconds = 0;

function laterMs(index: number): number {
  if (index === 0) seconds += 1;
  return env.clock.nowMs() + seconds * 1_000;
}

function missing(what: string): never {
  throw new Error(`bench: no ${what}`);
}

async function openReplicaSet(client: Client): Promise<NamedWrite> {
  const labels = { app: "web" };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: "nginx", image: "nginx" }] },
  };
  const owner: ReplicaSet = await client.create(replicaSets, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { namespace: "default", name: "web" },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  });
  await client.create(serviceAccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace: "default", name: "default" },
  });
  await client.watch(pods, {}, ignoringSink);
  // As from the cache of a controller: with the defaults that the server has set.
  const pod = () => podFromTemplate(owner, owner.spec.template);
  return { name: "pod-create-us", write: () => client.create(pods, pod()) };
}

const ignoringSink = { events: () => {}, closed: () => {} };

/** Garbage collection and the watch included; the caller's share, which is small, too. */
async function cpuUsOf(write: Write): Promise<number> {
  const round = async (): Promise<void> => {
    for (let index = 0; index < nodeCount; index += 1) await write(index);
  };
  for (let count = 0; count < warmUpRounds; count += 1) await round();
  const before = process.cpuUsage();
  for (let count = 0; count < rounds; count += 1) await round();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (rounds * nodeCount);
}

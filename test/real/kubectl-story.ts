import { expect } from "vitest";
import type { Kubectl, Transcript } from "../harness/transcript.ts";
import { eventually } from "./cluster-objects.ts";

const agentManifest = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: { app: agent }
  template:
    metadata:
      labels: { app: agent }
    spec:
      containers:
      - { name: agent, image: "registry.k8s.io/pause:3.10" }
`;

interface PodFacts {
  readonly name: string;
  readonly phase: string;
  readonly node: string;
  readonly ip: string;
}

/** The pods of the Deployment, by what the story asks of them. */
async function webPods(kubectl: Kubectl): Promise<readonly PodFacts[]> {
  const columns = "NAME:.metadata.name,PHASE:.status.phase,NODE:.spec.nodeName,IP:.status.podIP";
  const { stdout } = await kubectl([
    "get",
    "pods",
    "-l",
    "app=web",
    "--no-headers",
    "-o",
    `custom-columns=${columns}`,
  ]);
  const rows = stdout.split("\n").filter((line) => /^\S/.test(line) && line.startsWith("web-"));
  return rows.map((line) => {
    const [name = "", phase = "", node = "", ip = ""] = line.split(/\s+/);
    return { name, phase, node, ip };
  });
}

/** 500 pods take a busy machine a while. */
function inTime(what: string, check: () => Promise<boolean>): Promise<void> {
  return eventually(what, check, 120_000);
}

/**
 * What a user types in the first ten minutes, on a cluster of 100 hollow nodes. The transcript is
 * the same whether a real kube-apiserver answers or the embedded one.
 */
export async function playKubectlStory(transcript: Transcript, kubectl: Kubectl): Promise<void> {
  await lookAtNodes(transcript, kubectl);
  await runDeployment(transcript, kubectl);
  await runDaemonSet(transcript, kubectl);
  await drainNode(transcript, kubectl);
  await editObjects(transcript, kubectl);
  await deleteAll(transcript, kubectl);
}

async function lookAtNodes({ type }: Transcript, kubectl: Kubectl): Promise<void> {
  await type("wait --for=condition=Ready node/hollow-0 node/hollow-99 --timeout=60s");
  await type("get nodes hollow-0 hollow-1 hollow-99");
  await type("get nodes hollow-0 -o wide");
  // A kubelet makes its Lease some seconds after its Node.
  await inTime("node 7 has its Lease and its CSINode", async () => {
    const lease = await kubectl(["get", "lease", "-n", "kube-node-lease", "hollow-7"]);
    const csiNode = await kubectl(["get", "csinode", "hollow-7"]);
    return lease.code === 0 && csiNode.code === 0;
  });
  await type("get leases -n kube-node-lease hollow-7");
  await type("get csinodes hollow-7");
  const described = await kubectl(["describe", "node", "hollow-7"]);
  expect(described.stdout).toMatch(/HolderIdentity:\s+hollow-7\n/);
  expect(described.stdout).toMatch(/Ready\s+True .* kubelet is posting ready status/);
  expect(described.stdout).toMatch(/Allocatable:\s+cpu:\s+32\n/);
  await type("get nodes -l hollowmark/fleet=nobodys");
  await type("get node hollow-100");
}

async function runDeployment({ type, say }: Transcript, kubectl: Kubectl): Promise<void> {
  await type("create deployment web --image=nginx --replicas=500");
  const rollout = await kubectl(["rollout", "status", "deployment/web", "--timeout=120s"]);
  expect(rollout.code, rollout.stderr).toBe(0);
  await type("get deployment web");
  await type("get replicasets -l app=web");
  const pods = await webPods(kubectl);
  expect(pods.filter(({ phase }) => phase === "Running")).toHaveLength(500);
  expect(new Set(pods.map(({ ip }) => ip)).size).toBe(500);
  const perNode = new Map<string, number>();
  for (const { node } of pods) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  say(`500 pods run with 500 addresses on ${perNode.size} nodes`);
  expect(Math.max(...perNode.values())).toBeLessThanOrEqual(10);
  await type("scale deployment web --replicas=50");
  await inTime("50 pods are left", async () => (await webPods(kubectl)).length === 50);
  await type("get deployment web -o wide");
  await type("scale deployment web --replicas=60 --current-replicas=3");
}

async function runDaemonSet({ type }: Transcript, kubectl: Kubectl): Promise<void> {
  await type("apply -f -", { stdin: agentManifest });
  await kubectl(["rollout", "status", "daemonset/agent", "--timeout=120s"]);
  await type("get daemonset agent");
  await type("apply -f -", { stdin: agentManifest });
}

async function drainNode({ type }: Transcript, kubectl: Kubectl): Promise<void> {
  const [victim] = (await webPods(kubectl)).map(({ node }) => node);
  expect(victim).toBeDefined();
  const node = victim ?? "";
  const run = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, code } = await kubectl(args);
    expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
    return stdout;
  };
  await run("cordon", node);
  expect(await run("get", "node", node)).toMatch(/Ready,SchedulingDisabled/);
  expect(await run("drain", node, "--ignore-daemonsets", "--timeout=60s")).toMatch(/drained/);
  await inTime("the drained node has none of them", async () =>
    (await webPods(kubectl)).every((pod) => pod.node !== node),
  );
  await run("uncordon", node);
  await inTime("the Deployment is whole again", async () => {
    const pods = await webPods(kubectl);
    return pods.length === 50 && pods.every(({ phase }) => phase === "Running");
  });
  await type("get deployment web");
  await type("drain hollow-100");
}

async function editObjects(transcript: Transcript, kubectl: Kubectl): Promise<void> {
  const { type } = transcript;
  await watchNode(transcript, kubectl);
  await type("get nodes -l disk=ssd");
  await type("taint node hollow-3 dedicated=db:NoSchedule");
  await type("annotate deployment web note=first");
  await type("set image deployment/web nginx=nginx:1.27");
  const rollout = await kubectl(["rollout", "status", "deployment/web", "--timeout=120s"]);
  expect(rollout.code, rollout.stderr).toBe(0);
  await type("rollout history deployment/web");
  await type("rollout undo deployment/web");
  await type('patch deployment web --type=json -p \'[{"op":"remove","path":"/spec/nothing"}]\'');
  await type("create deployment web --image=nginx");
  await type("delete pod no-such-pod");
  await type(
    "get events --field-selector=reason=ScalingReplicaSet -o custom-columns=TYPE:.type,REASON:.reason,OBJECT:.involvedObject.kind --no-headers",
    { distinct: true },
  );
}

/**
 * What is changed while `get --watch` runs shows up in it. The node is chosen by a label: a watch by
 * name begins at resource version 0 and kubectl drops its first event, and with it a change that comes
 * between its get and its watch.
 */
async function watchNode({ type, say }: Transcript, kubectl: Kubectl): Promise<void> {
  const watch = kubectl([
    "get",
    "nodes",
    "--selector=kubernetes.io/hostname=hollow-3",
    "--label-columns=disk",
    "--watch",
    "--request-timeout=5s",
  ]);
  await type("label node hollow-3 disk=ssd");
  const { stdout } = await watch;
  expect(stdout).toMatch(/^hollow-3 +Ready .* ssd$/m);
  say("kubectl get nodes --watch has shown the new label");
}

async function deleteAll({ type }: Transcript, kubectl: Kubectl): Promise<void> {
  await type("delete deployment web");
  await type("delete daemonset agent");
  await inTime("no pod is left", async () => {
    const { stdout } = await kubectl(["get", "pods", "-o", "name"]);
    return stdout.trim() === "";
  });
  await type("get pods");
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { binaryPath, ensureBinaries } from "../control-plane/binaries.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import type { KubernetesVersion } from "../control-plane/pinned-modules.ts";
import { runCommand } from "../control-plane/processes.ts";
import { startHollowmark } from "../harness/hollowmark-process.ts";
import { createTranscript, type Kubectl } from "../harness/transcript.ts";
import { clusterObjects } from "./cluster-objects.ts";
import { playKubectlStory } from "./kubectl-story.ts";

const transcriptFile = "./transcripts/kubectl.txt";

/** One kubectl for every server: what it says of its own accord differs between versions. */
async function kubectlFor(kubeconfig: string, cacheFolder: string): Promise<Kubectl> {
  const path = binaryPath(await ensureBinaries("v1.34.4"), "kubectl");
  const flags = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(cacheFolder, "cache")}`];
  return (args, stdin = "") => runCommand(path, [...flags, ...args], { stdin, timeoutMs: 120_000 });
}

test("the story on the embedded control plane", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hollowmark-story-"));
  const kubeconfig = join(folder, "kubeconfig");
  try {
    await using hollowmark = startHollowmark(["up", "--nodes", "100", "--kubeconfig", kubeconfig]);
    await hollowmark.waitFor(/export KUBECONFIG=/);
    const kubectl = await kubectlFor(kubeconfig, folder);
    const transcript = createTranscript(kubectl);
    await playKubectlStory(transcript, kubectl);
    await expect(transcript.text()).toMatchFileSnapshot(transcriptFile);
    const end = await hollowmark.stop();
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(end.tookMs).toBeLessThan(2_000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each<KubernetesVersion>(["v1.34.4", "v1.31.0"])(
  "the story on a real control plane %s",
  async (version) => {
    await using plane = await startControlPlane({ version });
    const before = await clusterObjects(plane);
    await using hollowmark = startHollowmark([
      "join",
      "--nodes",
      "100",
      "--kubeconfig",
      plane.kubeconfigPath,
    ]);
    await hollowmark.waitFor(/100 Ready/);
    const kubectl = await kubectlFor(plane.kubeconfigPath, dirname(plane.kubeconfigPath));
    const transcript = createTranscript(kubectl);
    await playKubectlStory(transcript, kubectl);
    await expect(transcript.text()).toMatchFileSnapshot(transcriptFile);
    const end = await hollowmark.stop();
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(await clusterObjects(plane)).toEqual(before);
  },
);

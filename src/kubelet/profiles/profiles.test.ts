import { describe, expect, test } from "vitest";
import { OptionError } from "../../base/option-error.ts";
import type { ProfileName } from "./habits.ts";
import { heartbeatTimeout, kubeletHabits } from "./kubelet-habits.ts";
import { knownMinors } from "./minor-habits.ts";
import { parseSwitches, profileSwitches } from "./switches.ts";

function habitsOf(kubeletVersion: string, profile: ProfileName = "kubemark") {
  return kubeletHabits({ profile, kubeletVersion }).habits;
}

describe("the habits of a version", () => {
  test.each([
    { version: "v1.30.4", nearest: undefined },
    { version: "v1.36.3", nearest: undefined },
    { version: "v1.29.1", nearest: "1.30" },
    { version: "v1.37.0-alpha.1", nearest: "1.36" },
  ])("$version are those of $nearest", ({ version, nearest }) => {
    expect(kubeletHabits({ profile: "kubelet", kubeletVersion: version }).nearest).toBe(nearest);
  });

  test.each(["1.34", "latest", "v2.0.0"])("%s are unknown", (kubeletVersion) => {
    expect(() => kubeletHabits({ profile: "kubelet", kubeletVersion })).toThrow(OptionError);
  });

  test.each([
    { version: "v1.30.14", kubeProxyVersion: "v1.30.14" },
    { version: "v1.31.0", kubeProxyVersion: "" },
    { version: "v1.31.1", kubeProxyVersion: "v1.31.1" },
    { version: "v1.32.0", kubeProxyVersion: "v1.32.0" },
    { version: "v1.33.0", kubeProxyVersion: "" },
  ])("$version name the version of the proxy '$kubeProxyVersion'", (row) => {
    const { nodeInfo } = habitsOf(row.version).node;
    expect(nodeInfo.kubeProxyVersion).toBe(row.kubeProxyVersion);
    expect(nodeInfo.kubeletVersion).toBe(row.version);
  });

  test("change with the minor version where Kubernetes has changed", () => {
    const byMinor = knownMinors.map((minor) => {
      const { csiNode, ...habits } = habitsOf(`v1.${minor}.1`);
      return [
        minor,
        habits.watchList ? "watchList" : "",
        habits.serviceSelector ?? "",
        habits.statusReadsNode ? "reads" : "",
        habits.readsForbiddenNode ? "readsForbidden" : "",
        habits.statusReportJitter ? "jitter" : "",
        csiNode.checksOwner ? "checksOwner" : "",
        csiNode.retryInitialMs,
        habits.node.declaredFeatures?.length ?? 0,
      ].join(" ");
    });
    expect(byMinor).toEqual([
      "30   reads    15 0",
      "31  spec.clusterIP!=None     15 0",
      "32  spec.clusterIP!=None  readsForbidden   15 0",
      "33  spec.clusterIP!=None  readsForbidden   15 0",
      "34  spec.clusterIP!=None  readsForbidden jitter  30 0",
      "35 watchList spec.clusterIP!=None  readsForbidden jitter checksOwner 30 0",
      "36 watchList spec.clusterIP!=None  readsForbidden jitter checksOwner 30 4",
    ]);
  });
});

describe("the habits of a profile", () => {
  test("kubemark are Kubemark's", () => {
    expect(habitsOf("v1.34.4")).toMatchObject({
      userAgent: "hollow-kubelet",
      contentType: "application/vnd.kubernetes.protobuf",
      qps: 10,
      burst: 20,
      capacity: { cpu: "1", "ephemeral-storage": "0", memory: "3840Mi", pods: "110" },
      node: { providerScheme: "kubemark", controllerAttachDetach: false },
    });
  });

  test("kubelet are a kubelet's", () => {
    expect(habitsOf("v1.34.4", "kubelet")).toMatchObject({
      userAgent: "kubelet/v1.34.4 (linux/amd64) kubernetes/0000000",
      qps: 50,
      burst: 100,
      node: { controllerAttachDetach: true },
    });
  });

  test("give way to what is asked for", () => {
    const { habits } = kubeletHabits({
      profile: "kubemark",
      kubeletVersion: "v1.34.4",
      switches: { KubeletLimits: true, Events: true },
      burst: 7,
      contentType: "application/json",
      nodeStatusUpdateFrequencyMs: 60_000,
      nodeLeaseDurationSeconds: 20,
    });
    expect(habits).toMatchObject({
      switches: { ...profileSwitches.kubemark, KubeletLimits: true, Events: true },
      qps: 50,
      burst: 7,
      contentType: "application/json",
      statusUpdateMs: 60_000,
      leaseDurationS: 20,
    });
    expect(heartbeatTimeout(habits)).toBe("20s");
  });
});

describe("switches", () => {
  test.each([
    { text: "", switches: {} },
    { text: "Events=true", switches: { Events: true } },
    { text: "Events=false, UniquePodIPs=true", switches: { Events: false, UniquePodIPs: true } },
  ])("'$text'", ({ text, switches }) => {
    expect(parseSwitches(text, "--habits")).toEqual(switches);
  });

  test.each([
    { text: "Event=true", problem: 'unknown habit "Event"; did you mean "Events"?' },
    { text: "Elephants=true", problem: 'unknown habit "Elephants"; known are UniquePodIPs, ' },
    { text: "Events", problem: 'expected Events=true or Events=false, not "Events"' },
    { text: "Events=yes", problem: 'expected Events=true or Events=false, not "Events=yes"' },
  ])("'$text' is refused", ({ text, problem }) => {
    expect(() => parseSwitches(text, "--habits")).toThrow(`--habits: ${problem}`);
  });
});

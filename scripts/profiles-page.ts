import {
  type KubeletHabits,
  type KubeletSwitches,
  kubeletHabits,
  type ProfileName,
  profileSwitches,
  switchHelp,
} from "../src/kubelet/index.ts";
import { type ProxyHabits, proxyHabits, type Selectors } from "../src/proxy/index.ts";

/** A line of a table: what it tells, and what it tells of one set of habits. */
interface Row<Habits> {
  readonly label: string;
  readonly show: (habits: Habits) => string;
}

const minors = [30, 31, 32, 33, 34, 35, 36] as const;
const profiles: readonly ProfileName[] = ["kubelet", "kubemark", "light"];

/** The latest releases of the minor versions that are told of: what one release does by itself stands below. */
const releases = minors.map((minor) => `v1.${minor}.99`);

const profileRows: readonly Row<KubeletHabits>[] = [
  {
    label: "user agent",
    show: ({ profile, userAgent }) =>
      profile === "light" ? "`hollowmark`, `hollowmark-kubelet`" : code(userAgent),
  },
  {
    label: "bodies",
    show: ({ profile, contentType }) =>
      code(profile === "light" ? "application/json" : contentType),
  },
  {
    label: "limiter: requests a second, at once",
    show: ({ profile, qps, burst }) => (profile === "light" ? "none" : `${qps}, ${burst}`),
  },
  {
    label: "a node, unless it is told otherwise",
    show: ({ capacity }) =>
      Object.entries(capacity)
        .map(([name, amount]) => `${name} ${amount}`)
        .join(", "),
  },
  {
    label: "status: looked at each, sent unchanged after",
    show: ({ statusUpdateMs, statusReportMs }) =>
      `${statusUpdateMs / 1_000} s, ${statusReportMs / 1_000} s`,
  },
  {
    label: "Lease: good for, renewed each",
    show: ({ leaseDurationS }) => `${leaseDurationS} s, ${leaseDurationS / 4} s`,
  },
  {
    label: "`spec.providerID`",
    show: ({ node }) => code(`${node.providerScheme}://NAME`),
  },
  {
    label: "annotation `controller-managed-attach-detach`",
    show: ({ node }) => yes(node.controllerAttachDetach),
  },
  {
    label: "machine ID, system UUID, boot ID",
    show: ({ node }) => (node.distinctMachines ? "its own" : "empty"),
  },
  {
    label: "`osImage`, `kernelVersion`, container runtime",
    show: ({ node: { nodeInfo } }) =>
      [nodeInfo.osImage, nodeInfo.kernelVersion, nodeInfo.containerRuntimeVersion].join(", "),
  },
  {
    label: "pods are synced each",
    show: ({ pods }) => `${pods.syncFrequencyMs / 1_000} s`,
  },
];

const kubeletRows: readonly Row<KubeletHabits>[] = [
  {
    label: "first lists",
    show: ({ watchList }) => (watchList ? "watches with `sendInitialEvents`" : "lists"),
  },
  {
    label: "Services that are watched",
    show: ({ serviceSelector }) => (serviceSelector === undefined ? "all" : code(serviceSelector)),
  },
  {
    label: "the Node behind a look at the status",
    show: ({ statusReadsNode }) =>
      statusReadsNode ? "GET with `resourceVersion=0` each time" : "the one that is watched",
  },
  {
    label: "report after a change",
    show: ({ statusReportJitter, statusReportMs: ms }) =>
      statusReportJitter
        ? `${ms / 2_000} to ${(ms * 1.5) / 1_000} s later`
        : `${ms / 1_000} s later`,
  },
  {
    label: "POST of the Node is forbidden",
    show: ({ readsForbiddenNode }) => (readsForbiddenNode ? "GET of the Node" : "tries again"),
  },
  {
    label: "CSINode",
    show: ({ csiNode }) =>
      csiNode.checksOwner
        ? "GET Node, GET CSINode; one of a former Node is deleted"
        : "GET CSINode, then the Node",
  },
  {
    label: "CSINode: rounds again after",
    show: ({ csiNode: { retryInitialMs: ms, retryFactor } }) =>
      `${ms} ms, ${ms * retryFactor} ms, … × ${retryFactor}`,
  },
  {
    label: "migrated plugins with Portworx",
    show: ({ csiNode }) => yes(csiNode.migratedPlugins.includes("portworx")),
  },
  {
    label: "`nodeInfo.kubeProxyVersion`",
    show: ({ node }) => (node.nodeInfo.kubeProxyVersion === "" ? "empty" : "the kubelet's"),
  },
  {
    label: "`status.declaredFeatures`",
    show: ({ node }) => String(node.declaredFeatures?.length ?? "–"),
  },
  {
    label: "watches of ConfigMaps and Secrets",
    show: ({ pods: { objectWatchSeconds } }) => `${objectWatchSeconds.join(" to ")} s`,
  },
  {
    label: "pod statuses: `observedGeneration`",
    show: ({ pods }) => yes(pods.observedGeneration),
  },
  {
    label: "pod statuses: resources of containers, of pods",
    show: ({ pods }) => `${yes(pods.containerResources)}, ${yes(pods.podResources)}`,
  },
  { label: "pod statuses: volume mounts", show: ({ pods }) => yes(pods.volumeMounts) },
];

const proxyRows: readonly Row<ProxyHabits>[] = [
  { label: "Services", show: ({ services }) => selectors(services) },
  { label: "EndpointSlices", show: ({ endpointSlices }) => selectors(endpointSlices) },
  {
    label: "ServiceCIDRs",
    show: ({ serviceCidrs }) => (serviceCidrs === undefined ? "–" : selectors(serviceCidrs)),
  },
  { label: "its Node", show: ({ watchesNode }) => (watchesNode ? "watched" : "–") },
  {
    label: "first lists",
    show: ({ watchList }) => (watchList ? "watches with `sendInitialEvents`" : "lists"),
  },
  { label: "its event names the Node by", show: ({ regarding }) => code(regarding) },
];

const departures: readonly string[] = [
  "A Node has the labels `hollow-node` and `hollowmark/fleet`, by which it is found again. A Node of its name without them is somebody else's: nothing is written, and the kubelet says so and ends. For that it waits, before the first write, until its watch has told whether there is one.",
  "The address of a node is the one that it is given. Kubemark looks its name up each 10 s.",
  "Where a CSINode cannot be made, Kubemark ends itself after six rounds. This kubelet goes on, at the pace of the last round.",
  "Features that a server does not know, because it is older than the kubelet, are declared to it once, not each 10 s.",
  "The first status after a registration comes 5 ms later, when the watch has told of the Node; Kubemark needs about as long for other things.",
  "The proxy of 1.30 to 1.33 does not panic when it sees its Node.",
  "No ports are opened: not 10250, which a Node names, and not 10255.",
  "Images are those that pods name. No container runtime is asked for more.",
];

const lacks: readonly string[] = [
  "It has no server: nobody's token and rights are reviewed, and no serving certificate is asked for.",
  "ResourceSlices of its node are not deleted at the start, as kubelets do from 1.34: there are no devices.",
  "Images have no sizes.",
  "A Node that was deleted is registered again. A kubelet waits to be started again: `--habits Reregister=false`.",
];

/** The page of the profiles. */
export function profilesReference(): string {
  return `# Profiles

Generated from the tables of \`src/kubelet/\` and \`src/proxy/\` by \`npm run generate\`.

\`--profile\` says whose habits the nodes have, \`--kubelet-version\` of which version: of a version
that is not known, those of the nearest that is. \`kubelet\` is a real node, \`kubemark\` a hollow node of
Kubemark to the letter, quirks included. \`light\` has a real node's pod life without its traffic: all
nodes share their watches and their connections, and none has a limiter or a proxy.

## By profile

Of a kubelet of 1.34.

${table(
  ["", ...profiles.map(code)],
  profileRows,
  profiles.map((profile) => habitsOf(profile, "v1.34.4")),
)}
## Switches

What Kubemark does not do as a kubelet does. \`--habits UniquePodIPs=true,Events=false\` sets them one by
one.

| | on | off | ${profiles.map((profile) => `in ${code(profile)}`).join(" | ")} |
|---|---|---|${"---|".repeat(profiles.length)}
${switchRows()}
## The kubelet, by version

${table(
  ["", ...minors.map((minor) => `1.${minor}`)],
  kubeletRows,
  releases.map((release) => habitsOf("kubemark", release)),
)}
1.31.0 leaves \`kubeProxyVersion\` empty, as 1.33 does.

## The proxy, by version

In profile \`kubemark\`.

${table(
  ["", ...minors.map((minor) => `1.${minor}`)],
  proxyRows,
  releases.map((kubeletVersion) => proxyHabits({ profile: "kubemark", kubeletVersion }).habits),
)}
## Where profile \`kubemark\` leaves Kubemark on purpose

${departures.map((text) => `- ${text}`).join("\n")}

## Where profile \`kubelet\` leaves a kubelet

${lacks.map((text) => `- ${text}`).join("\n")}
`;
}

function habitsOf(profile: ProfileName, kubeletVersion: string): KubeletHabits {
  return kubeletHabits({ profile, kubeletVersion }).habits;
}

function table<Habits>(
  head: readonly string[],
  rows: readonly Row<Habits>[],
  columns: readonly Habits[],
): string {
  const lines = rows.map(({ label, show }) => [label, ...columns.map(show)]);
  return [head, head.map(() => "---"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");
}

function switchRows(): string {
  const names = Object.keys(switchHelp) as readonly (keyof KubeletSwitches)[];
  return names
    .map((name) => {
      const states = profiles.map((profile) => (profileSwitches[profile][name] ? "on" : "off"));
      return `| ${[code(name), ...switchHelp[name], ...states].join(" | ")} |\n`;
    })
    .join("");
}

function selectors({ fieldSelector, labelSelector }: Selectors): string {
  const parts = [fieldSelector, labelSelector].filter((part) => part !== undefined);
  return parts.length === 0 ? "all" : parts.map(code).join(" and ");
}

function yes(is: boolean): string {
  return is ? "yes" : "no";
}

function code(text: string): string {
  return `\`${text}\``;
}

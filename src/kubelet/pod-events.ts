import type { RandomStream } from "../base/random.ts";
import type { Container, ContainerStatus, Pod, PodStatus } from "../k8s/types/core.ts";
import type { PodHabits } from "./pod-habits.ts";
import type { PodState } from "./pod-state.ts";

/** What a kubelet says about a pod, or one of its containers. */
export interface PodEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Of the container it is about; undefined for the pod. */
  readonly fieldPath: string | undefined;
}

/** A container that a pod has from here on, or no longer. */
interface Change {
  readonly container: Container;
  readonly fieldPath: string;
}

const rejectedPrefix = "Pod was rejected: ";

/** The containers of a pod that run in `after`, and did not in `before`, in the order of their start. */
export function startedContainers(
  pod: Pod,
  before: PodStatus | undefined,
  after: PodStatus,
): readonly Container[] {
  return changes(pod, before, after).map(({ container }) => container);
}

/**
 * The events of a step of a pod's life (`pkg/kubelet/events/event.go`, `kuberuntime_container.go`,
 * `images/image_manager.go`).
 *
 * @param isPresent whether the node has an image
 */
export function podEvents(
  pod: Pod,
  before: PodState | undefined,
  state: PodState,
  habits: PodHabits,
  isPresent: (image: string) => boolean,
  random: RandomStream,
): readonly PodEvent[] {
  const { status } = state;
  if (before === undefined && state.kind === "ended") return rejection(status);
  const events: PodEvent[] = [];
  const pulled = new Set<string>();
  for (const { container, fieldPath } of changes(pod, before?.status, status)) {
    const { image, imagePullPolicy } = container;
    const wasPulled = pulled.has(image) || isPresent(image);
    pulled.add(image);
    const words = [
      ...imageWords(image, wasPulled && imagePullPolicy !== "Always", habits, random),
      ...containerWords(container.name, habits),
    ];
    for (const [reason, message] of words) {
      events.push({ type: "Normal", reason, message, fieldPath });
    }
  }
  return events.concat(killing(pod, before, state));
}

type Words = readonly [reason: string, message: string];

function imageWords(
  image: string,
  isPresent: boolean,
  { containerEvents }: PodHabits,
  random: RandomStream,
): readonly Words[] {
  if (isPresent) {
    const more = containerEvents === "1.35" ? " and can be accessed by the pod" : "";
    return [["Pulled", `Container image "${image}" already present on machine${more}`]];
  }
  const took = `${100 + random.below(900)}ms`;
  const bytes = 1_000_000 + random.below(99_000_000);
  return [
    ["Pulling", `Pulling image "${image}"`],
    [
      "Pulled",
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${bytes} bytes.`,
    ],
  ];
}

function containerWords(name: string, { containerEvents }: PodHabits): readonly Words[] {
  switch (containerEvents) {
    case "1.30":
      return [
        ["Created", `Created container ${name}`],
        ["Started", `Started container ${name}`],
      ];
    case "1.32":
      return [
        ["Created", `Created container: ${name}`],
        ["Started", `Started container ${name}`],
      ];
    case "1.35":
      return [
        ["Created", "Container created"],
        ["Started", "Container started"],
      ];
  }
}

/** All containers are told at once; that they wait for each other comes after. */
function killing(pod: Pod, before: PodState | undefined, state: PodState): readonly PodEvent[] {
  if (before === undefined || before.kind === "stopping" || !isTold(pod, state)) return [];
  // Those that have ended by themselves are told nothing.
  const { status } = state.kind === "stopping" ? state : before;
  const events: PodEvent[] = [];
  for (const { name, fieldPath } of runningContainers(status)) {
    events.push({
      type: "Normal",
      reason: "Killing",
      message: `Stopping container ${name}`,
      fieldPath,
    });
  }
  return events;
}

function isTold({ metadata }: Pod, state: PodState): boolean {
  if (state.kind === "stopping") return true;
  const wasTold = metadata.deletionTimestamp !== undefined;
  return state.kind === "ended" && (wasTold || state.status.reason === "DeadlineExceeded");
}

function runningContainers({
  containerStatuses = [],
  initContainerStatuses = [],
}: PodStatus): readonly { readonly name: string; readonly fieldPath: string }[] {
  return [
    ...containerStatuses
      .filter(({ state }) => state?.running !== undefined)
      .map(({ name }) => ({ name, fieldPath: `spec.containers{${name}}` })),
    ...initContainerStatuses
      .filter(({ state }) => state?.running !== undefined)
      .map(({ name }) => ({ name, fieldPath: `spec.initContainers{${name}}` })),
  ];
}

function rejection({ reason, message = "" }: PodStatus): readonly PodEvent[] {
  if (reason === undefined || !message.startsWith(rejectedPrefix)) return [];
  const text = message.slice(rejectedPrefix.length);
  return [{ type: "Warning", reason, message: text, fieldPath: undefined }];
}

function changes(
  { spec }: Pod,
  before: PodStatus | undefined,
  after: PodStatus,
): readonly Change[] {
  const started: Change[] = [];
  const inits = spec.initContainers ?? [];
  for (const container of inits) {
    if (!hasStarted(container, before?.initContainerStatuses, after.initContainerStatuses))
      continue;
    started.push({ container, fieldPath: `spec.initContainers{${container.name}}` });
  }
  for (const container of spec.containers) {
    if (!hasStarted(container, before?.containerStatuses, after.containerStatuses)) continue;
    started.push({ container, fieldPath: `spec.containers{${container.name}}` });
  }
  return started;
}

function hasStarted(
  { name }: Container,
  before: readonly ContainerStatus[] | undefined,
  after: readonly ContainerStatus[] | undefined,
): boolean {
  const stateOf = (of: readonly ContainerStatus[] | undefined) =>
    of?.find((each) => each.name === name)?.state;
  return stateOf(after)?.running !== undefined && stateOf(before)?.running === undefined;
}

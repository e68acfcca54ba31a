import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt, withMember } from "../../k8s/json-fields.ts";
import { ApiError, forbidden } from "../../k8s/status.ts";
import { admitServiceAccount } from "./service-account-admission.ts";
import type { StrategyContext } from "./strategy.ts";

/** How long a pod stays on a node that is gone (DefaultTolerationSeconds). */
const evictionTolerationSeconds = 300;

/**
 * What the admission plugins that are on by default do to a new pod: ServiceAccount, Priority,
 * DefaultTolerationSeconds. @throws ApiError
 */
export function admitPod(pod: JsonObject, context: StrategyContext): JsonObject {
  const withAccount = admitServiceAccount(pod, context);
  const spec = objectAt(withAccount, "spec");
  const admitted = withEvictionTolerations(withPriority(spec, pod, context));
  return withMember(withAccount, "spec", admitted);
}

/** `plugin/pkg/admission/priority/admission.go`. */
function withPriority(spec: JsonObject, pod: JsonObject, context: StrategyContext): JsonObject {
  const name = stringAt(spec, "priorityClassName");
  const refuse = (why: string): never => {
    const pods = { group: "", plural: "pods" };
    throw new ApiError(forbidden(pods, stringAt(objectAt(pod, "metadata"), "name"), why));
  };
  const priorityClass =
    name === ""
      ? defaultPriorityClass(context)
      : context.lookup("scheduling.k8s.io", "priorityclasses", undefined, name);
  if (name !== "" && priorityClass === undefined) {
    return refuse(`no PriorityClass with name ${name} was found`);
  }
  const priority = numberAt(priorityClass ?? {}, "value") ?? 0;
  const asked = numberAt(spec, "priority");
  if (asked !== undefined && asked !== priority) {
    return refuse(
      `the integer value of priority (${asked}) must not be provided in pod spec; ` +
        `priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  const policy = stringAt(priorityClass ?? {}, "preemptionPolicy") || "PreemptLowerPriority";
  const askedPolicy = stringAt(spec, "preemptionPolicy");
  if (askedPolicy !== "" && askedPolicy !== policy) {
    return refuse(
      `the string value of PreemptionPolicy (${askedPolicy}) must not be provided in pod spec; ` +
        `priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  const resolved = { ...spec, priority, preemptionPolicy: policy };
  const className = stringAt(objectAt(priorityClass ?? {}, "metadata"), "name");
  return className === "" ? resolved : { ...resolved, priorityClassName: className };
}

/** The class marked as default; the lowest, if there should be more than one. */
function defaultPriorityClass(context: StrategyContext): JsonObject | undefined {
  let found: JsonObject | undefined;
  for (const candidate of context.list("scheduling.k8s.io", "priorityclasses")) {
    if (candidate["globalDefault"] !== true) continue;
    if (
      found !== undefined &&
      (numberAt(found, "value") ?? 0) <= (numberAt(candidate, "value") ?? 0)
    ) {
      continue;
    }
    found = candidate;
  }
  return found;
}

/** `plugin/pkg/admission/defaulttolerationseconds/admission.go`. */
export function withEvictionTolerations(spec: JsonObject): JsonObject {
  const tolerations = objectsAt(spec, "tolerations");
  const missing = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].filter(
    (taint) => !tolerations.some((toleration) => toleratesEviction(toleration, taint)),
  );
  if (missing.length === 0) return spec;
  const added = missing.map((key) => ({
    key,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: evictionTolerationSeconds,
  }));
  return { ...spec, tolerations: [...tolerations, ...added] };
}

function toleratesEviction(toleration: JsonObject, taint: string): boolean {
  const key = stringAt(toleration, "key");
  const effect = stringAt(toleration, "effect");
  return (key === "" || key === taint) && (effect === "" || effect === "NoExecute");
}

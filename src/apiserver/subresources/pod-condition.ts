import { withCondition } from "../../k8s/conditions.ts";
import type { JsonArray } from "../../k8s/json.ts";
import { objectAt, objectsAt } from "../../k8s/json-fields.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** The pod with that condition, as `UpdatePodCondition` of `pkg/api/pod/util.go` sets it. */
export function withPodCondition(pod: StoredObject, condition: Condition): StoredObject {
  const status = objectAt(pod, "status");
  const before = objectsAt(status, "conditions") as unknown as readonly Condition[];
  const conditions = withCondition(before, condition) as unknown as JsonArray;
  return { ...pod, status: { ...status, conditions } };
}

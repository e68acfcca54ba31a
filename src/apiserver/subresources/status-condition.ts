import { withCondition } from "../../k8s/conditions.ts";
import type { JsonArray } from "../../k8s/json.ts";
import { objectAt, objectsAt } from "../../k8s/json-fields.ts";
import type { Condition } from "../../k8s/types/meta.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** The object with that condition; its time stays if the status of the condition does. */
export function withStatusCondition(object: StoredObject, condition: Condition): StoredObject {
  const status = objectAt(object, "status");
  const before = objectsAt(status, "conditions") as unknown as readonly Condition[];
  const conditions = withCondition(before, condition) as unknown as JsonArray;
  return { ...object, status: { ...status, conditions } };
}

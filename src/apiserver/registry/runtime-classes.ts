import { stringAt } from "../../k8s/json-fields.ts";
import { dns1123LabelErrors } from "../../k8s/names.ts";
import { immutable, invalidFor } from "./causes.ts";
import type { Strategy } from "./strategy.ts";

/** RuntimeClasses (`pkg/registry/node/runtimeclass/strategy.go`). */
export const runtimeClassStrategy: Strategy = {
  createOnUpdate: true,
  requiresVersionOnUpdate: true,
  validate(runtimeClass) {
    const handler = stringAt(runtimeClass, "handler");
    return invalidFor("handler", handler, dns1123LabelErrors(handler));
  },
  validateUpdate: (next, previous) =>
    next["handler"] === previous["handler"] ? [] : [immutable("handler", next["handler"])],
};

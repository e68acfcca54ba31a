import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { ageColumn, type Column, column, nameColumn, printerOfColumns } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

function memberCount(object: JsonObject, field: string): number {
  return Object.keys(objectAt(object, field)).length;
}

export const namespacePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Status", "Phase of the namespace.", (object) =>
    stringAt(objectAt(object, "status"), "phase"),
  ),
  ageColumn,
);

export const configMapPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column(
    "Data",
    "Number of entries.",
    (object) => memberCount(object, "data") + memberCount(object, "binaryData"),
  ),
  ageColumn,
);

export const secretPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Type", "Type of the secret.", (object) => stringAt(object, "type")),
  column("Data", "Number of entries.", (object) => memberCount(object, "data")),
  ageColumn,
);

export const serviceAccountPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column(
    "Secrets",
    "Number of secrets that its pods may use.",
    (object) => objectsAt(object, "secrets").length,
  ),
  ageColumn,
);

export const leasePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Holder", "Who holds it.", (object) =>
    stringAt(objectAt(object, "spec"), "holderIdentity"),
  ),
  ageColumn,
);

export const podDisruptionBudgetPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Min Available", "Pods that must stay.", (object) =>
    textOr(objectAt(object, "spec"), "minAvailable", "N/A"),
  ),
  column("Max Unavailable", "Pods that may be away.", (object) =>
    textOr(objectAt(object, "spec"), "maxUnavailable", "N/A"),
  ),
  column(
    "Allowed Disruptions",
    "Pods that may be evicted now.",
    (object) => numberAt(objectAt(object, "status"), "disruptionsAllowed") ?? 0,
    { type: "integer" },
  ),
  ageColumn,
);

function textOr(object: JsonObject, field: string, otherwise: string): string {
  const value = object[field];
  return typeof value === "number" || typeof value === "string" ? String(value) : otherwise;
}

export const priorityClassPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Value", "Priority of the pods.", (object) => numberAt(object, "value") ?? 0, {
    type: "integer",
  }),
  column(
    "Global-Default",
    "Whether it is for pods that name no class.",
    (object) => object["globalDefault"] === true,
    { type: "boolean" },
  ),
  ageColumn,
  column("PreemptionPolicy", "Whether its pods push others out.", (object) =>
    stringAt(object, "preemptionPolicy"),
  ),
);

export const runtimeClassPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Handler", "Handler of the container runtime.", (object) => stringAt(object, "handler")),
  ageColumn,
);

function subjectsOf(binding: JsonObject, kind: string): string {
  const subjects = objectsAt(binding, "subjects").filter((subject) => subject["kind"] === kind);
  const names = subjects.map((subject) => {
    const name = stringAt(subject, "name");
    return kind === "ServiceAccount" ? `${stringAt(subject, "namespace")}/${name}` : name;
  });
  return names.join(", ");
}

const wide = { wide: true };

export const roleBindingPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Role", "Role that is given.", (object) => {
    const role = objectAt(object, "roleRef");
    return `${stringAt(role, "kind")}/${stringAt(role, "name")}`;
  }),
  ageColumn,
  column("Users", "Users that have it.", (object) => subjectsOf(object, "User"), wide),
  column("Groups", "Groups that have it.", (object) => subjectsOf(object, "Group"), wide),
  column(
    "ServiceAccounts",
    "Service accounts that have it.",
    (object) => subjectsOf(object, "ServiceAccount"),
    wide,
  ),
);

function usageOf(quota: JsonObject, ofLimits: boolean): string {
  const hard = objectAt(quota, "status", "hard");
  const used = objectAt(quota, "status", "used");
  const names = Object.keys(hard).filter((name) => name.startsWith("limits.") === ofLimits);
  return names
    .sort()
    .map((name) => `${name}: ${stringAt(used, name) || "0"}/${stringAt(hard, name)}`)
    .join(", ");
}

export const resourceQuotaPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Request", "Use of what may be requested.", (object) => usageOf(object, false)),
  column("Limit", "Use of what may be the limit.", (object) => usageOf(object, true)),
  ageColumn,
);

export const webhookConfigurationPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Webhooks", "Number of webhooks.", (object) => objectsAt(object, "webhooks").length, {
    type: "integer",
  }),
  ageColumn,
);

/** For kinds that have no columns of their own: their name, and when they were created. */
export const defaultPrinter: TablePrinter = printerOfColumns(nameColumn, createdAtColumn());

function createdAtColumn(): Column {
  const cell = (object: JsonObject): string =>
    stringAt(objectAt(object, "metadata"), "creationTimestamp");
  return column("Created At", "When the object was created.", cell, { type: "date" });
}

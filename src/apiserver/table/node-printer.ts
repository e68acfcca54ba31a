import type { JsonObject } from "../../k8s/json.ts";
import { objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { ageColumn, column, nameColumn, printerOfColumns } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

const rolePrefix = "node-role.kubernetes.io/";

function statusOf(node: JsonObject): string {
  const conditions = objectsAt(objectAt(node, "status"), "conditions");
  const ready = conditions.findLast(({ type }) => type === "Ready");
  const status =
    ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
  return objectAt(node, "spec")["unschedulable"] === true ? `${status},SchedulingDisabled` : status;
}

function rolesOf(node: JsonObject): string {
  const labels = objectAt(node, "metadata", "labels");
  const roles = new Set<string>();
  for (const key in labels) {
    if (key.startsWith(rolePrefix)) roles.add(key.slice(rolePrefix.length));
    else if (key === "kubernetes.io/role") roles.add(stringAt(labels, key));
  }
  roles.delete("");
  return [...roles].sort().join(",") || "<none>";
}

function addressOf(node: JsonObject, type: string): string {
  const addresses = objectsAt(objectAt(node, "status"), "addresses");
  const found = addresses.find((address) => address["type"] === type);
  return found === undefined ? "<none>" : stringAt(found, "address");
}

function infoOf(node: JsonObject, field: string): string {
  return stringAt(objectAt(node, "status", "nodeInfo"), field) || "<unknown>";
}

const wide = { wide: true };

/** Nodes. */
export const nodePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Status", "Whether the node is ready, and pods may be bound to it.", statusOf),
  column("Roles", "Roles, as labels say them.", rolesOf),
  ageColumn,
  column("Version", "Version of the kubelet.", (node) =>
    stringAt(objectAt(node, "status", "nodeInfo"), "kubeletVersion"),
  ),
  column(
    "Internal-IP",
    "Address within the cluster.",
    (node) => addressOf(node, "InternalIP"),
    wide,
  ),
  column("External-IP", "Address outside.", (node) => addressOf(node, "ExternalIP"), wide),
  column("OS-Image", "Operating system.", (node) => infoOf(node, "osImage"), wide),
  column("Kernel-Version", "Version of the kernel.", (node) => infoOf(node, "kernelVersion"), wide),
  column(
    "Container-Runtime",
    "Container runtime and its version.",
    (node) => infoOf(node, "containerRuntimeVersion"),
    wide,
  ),
);

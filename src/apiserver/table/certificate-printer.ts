import { humanDuration } from "../../k8s/human-duration.ts";
import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { ageColumn, column, nameColumn, printerOfColumns } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

function conditionOf(request: JsonObject): string {
  const status = objectAt(request, "status");
  const types = objectsAt(status, "conditions").map((condition) => stringAt(condition, "type"));
  const decision = ["Denied", "Approved"].find((type) => types.includes(type)) ?? "Pending";
  const isFailed = types.includes("Failed");
  const isIssued = stringAt(status, "certificate") !== "";
  return [decision, ...(isFailed ? ["Failed"] : []), ...(isIssued ? ["Issued"] : [])].join(",");
}

export const certificateSigningRequestPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  ageColumn,
  column("SignerName", "Signer that is asked.", (request) =>
    stringAt(objectAt(request, "spec"), "signerName"),
  ),
  column("Requestor", "User who asks.", (request) =>
    stringAt(objectAt(request, "spec"), "username"),
  ),
  column("RequestedDuration", "How long the certificate is to be good for.", (request) => {
    const seconds = numberAt(objectAt(request, "spec"), "expirationSeconds");
    return seconds === undefined ? "<none>" : humanDuration(seconds * 1_000);
  }),
  column("Condition", "What became of the request.", conditionOf),
);

import type { JsonObject } from "../../k8s/json.ts";
import { isAbsent, objectAt, objectsAt, stringAt, stringsAt } from "../../k8s/json-fields.ts";
import { canonicalQuantity } from "../../k8s/quantity.ts";
import { ageColumn, type Column, column, nameColumn, nameOf, printerOfColumns } from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** Once each, always in the order above. */
function formatModes(modes: readonly string[]): string {
  const known = Object.keys(shortModes).filter((mode) => modes.includes(mode));
  return known.map((mode) => shortModes[mode]).join(",");
}

function specText(field: string): (object: JsonObject) => string {
  return (object) => stringAt(objectAt(object, "spec"), field);
}

function phaseOf(object: JsonObject): string {
  const deleting = !isAbsent(objectAt(object, "metadata")["deletionTimestamp"]);
  return deleting ? "Terminating" : stringAt(objectAt(object, "status"), "phase");
}

function sizeOf(amounts: JsonObject): string {
  return canonicalQuantity(stringAt(amounts, "storage")) ?? "0";
}

const classColumn: Column = column("StorageClass", "Class of the storage.", (object) => {
  const annotations = objectAt(object, "metadata", "annotations");
  const beta = stringAt(annotations, "volume.beta.kubernetes.io/storage-class");
  return beta || specText("storageClassName")(object);
});

const attributesClassColumn: Column = column(
  "VolumeAttributesClass",
  "Class of the volume's attributes.",
  (object) => specText("volumeAttributesClassName")(object) || "<unset>",
);

const volumeModeColumn: Column = column(
  "VolumeMode",
  "Whether it is a file system or a block device.",
  (object) => specText("volumeMode")(object) || "<unset>",
  { wide: true },
);

export const persistentVolumePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Capacity", "Size of the volume.", (object) =>
    sizeOf(objectAt(object, "spec", "capacity")),
  ),
  column("Access Modes", "How it can be mounted.", (object) =>
    formatModes(stringsAt(objectAt(object, "spec"), "accessModes")),
  ),
  column(
    "Reclaim Policy",
    "What becomes of it when released.",
    specText("persistentVolumeReclaimPolicy"),
  ),
  column("Status", "Phase of the volume.", phaseOf),
  column("Claim", "Claim that it is bound to.", (object) => {
    const claim = objectAt(object, "spec")["claimRef"];
    if (isAbsent(claim)) return "";
    const ref = objectAt(object, "spec", "claimRef");
    return `${stringAt(ref, "namespace")}/${stringAt(ref, "name")}`;
  }),
  classColumn,
  attributesClassColumn,
  column("Reason", "Why it is in its phase.", (object) =>
    stringAt(objectAt(object, "status"), "reason"),
  ),
  ageColumn,
  volumeModeColumn,
);

function ifBound(cell: (object: JsonObject) => string): (object: JsonObject) => string {
  return (claim) => (specText("volumeName")(claim) === "" ? "" : cell(claim));
}

export const persistentVolumeClaimPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Status", "Phase of the claim.", phaseOf),
  column("Volume", "Volume that it is bound to.", specText("volumeName")),
  column(
    "Capacity",
    "Size of the volume.",
    ifBound((claim) => sizeOf(objectAt(claim, "status", "capacity"))),
  ),
  column(
    "Access Modes",
    "How it can be mounted.",
    ifBound((claim) => formatModes(stringsAt(objectAt(claim, "status"), "accessModes"))),
  ),
  classColumn,
  attributesClassColumn,
  ageColumn,
  volumeModeColumn,
);

function isDefaultClass(object: JsonObject): boolean {
  const annotations = objectAt(object, "metadata", "annotations");
  return ["storageclass", "storageclass.beta"].some(
    (prefix) => annotations[`${prefix}.kubernetes.io/is-default-class`] === "true",
  );
}

export const storageClassPrinter: TablePrinter = printerOfColumns(
  column(
    "Name",
    "Name of the class.",
    (object) => (isDefaultClass(object) ? `${nameOf(object)} (default)` : nameOf(object)),
    { format: "name" },
  ),
  column("Provisioner", "What makes the volumes.", (object) => stringAt(object, "provisioner")),
  column(
    "ReclaimPolicy",
    "What becomes of released volumes.",
    (object) => stringAt(object, "reclaimPolicy") || "Delete",
  ),
  column(
    "VolumeBindingMode",
    "When claims are bound.",
    (object) => stringAt(object, "volumeBindingMode") || "Immediate",
  ),
  column(
    "AllowVolumeExpansion",
    "Whether volumes can grow.",
    (object) => object["allowVolumeExpansion"] === true,
  ),
  ageColumn,
);

export const volumeAttributesClassPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("DriverName", "CSI driver.", (object) => stringAt(object, "driverName")),
  ageColumn,
);

const boolean = { type: "boolean" } as const;

export const volumeAttachmentPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Attacher", "Driver that attaches.", specText("attacher"), { format: "name" }),
  column("PV", "Volume to attach.", (object) =>
    stringAt(objectAt(object, "spec", "source"), "persistentVolumeName"),
  ),
  column("Node", "Node to attach it to.", specText("nodeName")),
  column(
    "Attached",
    "Whether it is attached.",
    (object) => objectAt(object, "status")["attached"] === true,
    boolean,
  ),
  ageColumn,
);

export const csiNodePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column(
    "Drivers",
    "CSI drivers on the node.",
    (object) => objectsAt(objectAt(object, "spec"), "drivers").length,
    { type: "integer" },
  ),
  ageColumn,
);

function flag(name: string, field: string, whenAbsent: boolean, description: string): Column {
  return column(
    name,
    description,
    (object) => (objectAt(object, "spec")[field] ?? whenAbsent) === true,
    boolean,
  );
}

export const csiDriverPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  flag("AttachRequired", "attachRequired", true, "Whether volumes are attached first."),
  flag("PodInfoOnMount", "podInfoOnMount", false, "Whether it is told of the pod."),
  flag("StorageCapacity", "storageCapacity", false, "Whether it publishes its capacity."),
  column("TokenRequests", "Audiences of the tokens that it needs.", (object) => {
    const requests = objectsAt(objectAt(object, "spec"), "tokenRequests");
    if (isAbsent(objectAt(object, "spec")["tokenRequests"])) return "<unset>";
    return requests.map((request) => stringAt(request, "audience")).join(",");
  }),
  flag(
    "RequiresRepublish",
    "requiresRepublish",
    false,
    "Whether volumes are published again and again.",
  ),
  column(
    "Modes",
    "Life cycles of its volumes.",
    (object) => stringsAt(objectAt(object, "spec"), "volumeLifecycleModes").join(",") || "<none>",
  ),
  ageColumn,
);

export const csiStorageCapacityPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("StorageClassName", "Class of the storage.", (object) =>
    stringAt(object, "storageClassName"),
  ),
  column(
    "Capacity",
    "What is left.",
    (object) => canonicalQuantity(stringAt(object, "capacity")) ?? "<unset>",
  ),
);

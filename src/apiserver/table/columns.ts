import { parseTime } from "../../base/rfc3339.ts";
import { humanDuration } from "../../k8s/human-duration.ts";
import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import { objectAt, objectsAt, stringAt } from "../../k8s/json-fields.ts";
import { formatLabelSelector } from "../../k8s/label-selector.ts";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import type { TableColumn, TablePrinter } from "./printer.ts";

/** A column together with what stands in it. */
export interface Column {
  readonly definition: TableColumn;
  cell(object: JsonObject, nowMs: number): JsonValue;
}

interface ColumnOptions {
  /** Default "string". */
  readonly type?: TableColumn["type"];
  /** Only shown with `-o wide`. Default false. */
  readonly wide?: boolean;
  readonly format?: string;
}

export function column(
  name: string,
  description: string,
  cell: Column["cell"],
  { type = "string", wide = false, format = "" }: ColumnOptions = {},
): Column {
  return { definition: { name, type, format, description, priority: wide ? 1 : 0 }, cell };
}

/** A printer of these columns. */
export function printerOfColumns(...columns: readonly Column[]): TablePrinter {
  return {
    columns: columns.map(({ definition }) => definition),
    cells: (object, nowMs) => columns.map(({ cell }) => cell(object, nowMs)),
  };
}

/** How long ago that was, `<unknown>` where it is not said. */
export function since(time: JsonValue | undefined, nowMs: number): string {
  const epochMs = typeof time === "string" ? parseTime(time) : undefined;
  return epochMs === undefined ? "<unknown>" : humanDuration(nowMs - epochMs);
}

export function nameOf(object: JsonObject): string {
  return stringAt(objectAt(object, "metadata"), "name");
}

/** Labels as `kubectl` writes them: `a=1,b=2`, or `<none>`. */
export function formatLabels(labels: JsonObject): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${String(labels[key])}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

/** A label selector in the short form, or `<none>`. */
export function formatSelector(selector: JsonObject): string {
  return formatLabelSelector(selector as LabelSelector);
}

/** The first few of a list, and how many more there are. */
export function listWithMore(list: readonly string[], shownMax: number): string {
  if (list.length === 0) return "<none>";
  const shown = list.slice(0, shownMax).join(",");
  return list.length > shownMax ? `${shown} + ${list.length - shownMax} more...` : shown;
}

export const nameColumn: Column = column("Name", "Name of the object.", nameOf, { format: "name" });

export const ageColumn: Column = column(
  "Age",
  "Time since the object was created.",
  (object, nowMs) => since(objectAt(object, "metadata")["creationTimestamp"], nowMs),
);

/** Names and images of the containers of a template; `podSpec` finds it. */
export function containerColumns(
  podSpec: (object: JsonObject) => JsonObject,
  wide = true,
): readonly Column[] {
  const joined = (object: JsonObject, field: string): string =>
    objectsAt(podSpec(object), "containers")
      .map((container) => stringAt(container, field))
      .join(",");
  return [
    column("Containers", "Names of the containers.", (object) => joined(object, "name"), { wide }),
    column("Images", "Images of the containers.", (object) => joined(object, "image"), { wide }),
  ];
}

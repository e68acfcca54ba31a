import type { JsonObject, JsonValue } from "../../k8s/json.ts";

/** A column of a server-printed table (`meta.k8s.io/v1` TableColumnDefinition). */
export interface TableColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** "name" for the column that names the object. */
  readonly format: string;
  readonly description: string;
  /** Above 0 only with `-o wide`. */
  readonly priority: number;
}

/** How one kind is printed, as `pkg/printers/internalversion/printers.go` does. */
export interface TablePrinter {
  readonly columns: readonly TableColumn[];
  /** One cell a column. `nowMs` is for ages. */
  cells(object: JsonObject, nowMs: number): readonly JsonValue[];
}

import type { ObjectSchema } from "./schema-types.ts";
import { parseTypeTable, type TypeTable } from "./type-table.ts";
import { typeTable, typeTableVersion } from "./types.generated.ts";

/** The version of Kubernetes that the tables were generated from: `v1.34.4`. */
export const schemaVersion: string = typeTableVersion;

let parsed: TypeTable | undefined;

/** Indexed at the first use, so that a program that needs no schema does not pay for it. */
export function builtInTypes(): TypeTable {
  parsed ??= parseTypeTable(typeTable);
  return parsed;
}

// Every group registers these kinds of requests and answers, with one type for all.
const kindsOfEveryGroup: ReadonlySet<string> = new Set(["DeleteOptions"]);

/**
 * The type of a built-in kind that goes over the wire: of served objects and their lists, of
 * subresources (`Scale`, `Eviction`, `Binding`, `TokenRequest`), `Status`, `DeleteOptions` and
 * `PartialObjectMetadata`. `group` is empty for the core group.
 */
export function schemaOf(
  group: string,
  version: string,
  kind: string,
  types: TypeTable = builtInTypes(),
): ObjectSchema | undefined {
  const found = types.typeOfKind(`${group}/${version}/${kind}`);
  if (found !== undefined || !kindsOfEveryGroup.has(kind)) return found;
  return types.typeOfKind(`/v1/${kind}`);
}

import { parseTypeTable, type TypeTable } from "./type-table.ts";
import { typeTable } from "./types.generated.ts";

/**
 * Fields of versions after that of the generated table which hollow nodes write and read, in its
 * notation. Without them a node of such a version would lose them in protobuf: what it says of
 * itself, and what it has written already, which it would write again and again.
 * (`k8s.io/api/core/v1/generated.proto` of v0.36.3.)
 */
const laterFields: Readonly<Record<string, string>> = {
  "io.k8s.api.core.v1.NodeStatus": " declaredFeatures 14 []string list=atomic",
  "io.k8s.api.core.v1.PodStatus":
    " allocatedResources 19 {}quantity go=v1.ResourceList\n resources 20 .ResourceRequirements pointer",
};

let parsed: TypeTable | undefined;

/** The types as they go over the wire, whatever version is at its other end. */
export function wireTypes(): TypeTable {
  parsed ??= parseTypeTable(withLaterFields());
  return parsed;
}

function withLaterFields(): string {
  return Object.entries(laterFields).reduce(
    (text, [type, fields]) => text.replace(`\n${type}\n`, `\n${type}\n${fields}\n`),
    typeTable,
  );
}

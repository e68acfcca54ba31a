import { resourceTable } from "./resources.generated.ts";
import type { ResourceInfo } from "./schema-types.ts";

/** All that a kube-apiserver of {@link schemaVersion} serves by default, in discovery order. */
export const builtInResources: readonly ResourceInfo[] = resourceTable
  .trim()
  .split("\n")
  .map((line): ResourceInfo => JSON.parse(line));

const byPath: ReadonlyMap<string, ResourceInfo> = new Map(
  builtInResources.map((info) => [`${info.group}/${info.version}/${info.plural}`, info]),
);

/** `plural` is the name in paths; `group` is empty for the core group. */
export function findResource(
  group: string,
  version: string,
  plural: string,
): ResourceInfo | undefined {
  return byPath.get(`${group}/${version}/${plural}`);
}

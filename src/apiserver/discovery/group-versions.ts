import { apiVersionOf } from "../../k8s/resources.ts";
import type { ResourceInfo } from "../../k8s/schema/schema-types.ts";

/** An API group with its versions, the preferred one first, each with its resources. */
export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly ApiVersion[];
}

export interface ApiVersion {
  readonly groupVersion: string;
  readonly version: string;
  readonly resources: readonly ResourceInfo[];
}

/** Groups, versions and resources in the order in which they are listed. */
export function groupsOf(resources: readonly ResourceInfo[]): readonly ApiGroup[] {
  const groups = new Map<string, Map<string, ResourceInfo[]>>();
  for (const info of resources) {
    const versions = groups.get(info.group) ?? new Map<string, ResourceInfo[]>();
    groups.set(info.group, versions);
    const members = versions.get(info.version) ?? [];
    versions.set(info.version, members);
    members.push(info);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, members]) => ({
      groupVersion: apiVersionOf({ group: name, version }),
      version,
      resources: members,
    })),
  }));
}

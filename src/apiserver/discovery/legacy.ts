import type { JsonObject } from "../../k8s/json.ts";
import type { ResourceInfo } from "../../k8s/schema/schema-types.ts";
import type { ApiGroup, ApiVersion } from "./group-versions.ts";

/** `/api` */
export function apiVersions(core: ApiGroup | undefined, address: string): JsonObject {
  return {
    kind: "APIVersions",
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

/** `/apis` */
export function apiGroupList(groups: readonly ApiGroup[]): JsonObject {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupFields) };
}

/** `/apis/GROUP` */
export function apiGroup(group: ApiGroup): JsonObject {
  return { kind: "APIGroup", apiVersion: "v1", ...groupFields(group) };
}

/** `/api/v1` and `/apis/GROUP/VERSION` */
export function apiResourceList({ groupVersion, resources }: ApiVersion): JsonObject {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion,
    resources: resources.flatMap(resourceFields),
  };
}

function groupFields({ name, versions }: ApiGroup): JsonObject {
  const listed = versions.map(({ groupVersion, version }) => ({ groupVersion, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

function resourceFields(info: ResourceInfo): readonly JsonObject[] {
  const { plural, singular, kind, namespaced, verbs, shortNames, categories } = info;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const subresources = info.subresources.map((sub) => {
    const isForeign = sub.group !== info.group || sub.version !== info.version;
    return {
      name: `${plural}/${sub.name}`,
      singularName: "",
      namespaced,
      ...(isForeign ? { group: sub.group, version: sub.version } : {}),
      kind: sub.kind,
      verbs: sub.verbs,
    };
  });
  return [main, ...subresources];
}

import type { JsonObject } from "../../k8s/json.ts";
import type { ResourceInfo } from "../../k8s/schema/schema-types.ts";
import type { ApiGroup } from "./group-versions.ts";

/** All groups with all their resources in one document (`apidiscovery.k8s.io`). */
export function aggregatedDiscovery(
  groups: readonly ApiGroup[],
  version: "v2" | "v2beta1",
): JsonObject {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(groupItem),
  };
}

/** The `Content-Type` of that document, by which clients know it. */
export function aggregatedContentType(version: "v2" | "v2beta1"): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

function groupItem({ name, versions }: ApiGroup): JsonObject {
  return {
    metadata: name === "" ? {} : { name },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map(resourceItem),
      freshness: "Current",
    })),
  };
}

function resourceItem(info: ResourceInfo): JsonObject {
  const { plural, singular, kind, namespaced, verbs, shortNames, categories } = info;
  return {
    resource: plural,
    // An empty group and version stand for those of the list.
    responseKind: { group: "", version: "", kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(info.subresources.length > 0 ? { subresources: info.subresources.map(subresource) } : {}),
  };

  function subresource(sub: ResourceInfo["subresources"][number]): JsonObject {
    const isForeign = sub.group !== info.group || sub.version !== info.version;
    const origin = isForeign
      ? { group: sub.group, version: sub.version }
      : { group: "", version: "" };
    return {
      subresource: sub.name,
      responseKind: { ...origin, kind: sub.kind },
      verbs: sub.verbs,
    };
  }
}

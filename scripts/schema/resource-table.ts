import type { SubresourceInfo } from "../../src/k8s/schema/schema-types.ts";
import type { DiscoveredResource, ServerFacts } from "./facts.ts";

/** The text of `resources.generated.ts`: one `ResourceInfo` a line, as JSON, in discovery order. */
export function resourceTableText(server: ServerFacts): string {
  const lines: string[] = [];
  for (const group of server.groups) {
    const name = group.metadata.name ?? "";
    for (const { version, resources } of group.versions) {
      for (const resource of resources) lines.push(resourceLine(name, version, resource));
    }
  }
  return lines.join("\n");
}

function resourceLine(group: string, version: string, resource: DiscoveredResource): string {
  const subresources = (resource.subresources ?? []).map(
    (sub): SubresourceInfo => ({
      name: sub.subresource,
      group: sub.responseKind.group || group,
      version: sub.responseKind.version || version,
      kind: sub.responseKind.kind,
      verbs: sub.verbs,
    }),
  );
  return JSON.stringify({
    group,
    version,
    plural: resource.resource,
    singular: resource.singularResource,
    kind: resource.responseKind.kind,
    namespaced: resource.scope === "Namespaced",
    verbs: resource.verbs,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    subresources,
  });
}

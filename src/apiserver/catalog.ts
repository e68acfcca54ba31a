import type { JsonObject } from "../k8s/json.ts";
import { objectAt, stringAt } from "../k8s/json-fields.ts";
import { builtInResources } from "../k8s/schema/resource-table.ts";
import { schemaOf } from "../k8s/schema/schema.ts";
import type { ResourceInfo } from "../k8s/schema/schema-types.ts";
import { createEndpoint, type Endpoint, type IndexedField } from "./endpoint.ts";
import { strategyOf } from "./registry/strategies.ts";
import type { Collection } from "./store/collection.ts";
import type { Store } from "./store/store.ts";
import { printerOf } from "./table/printers.ts";

/** All that the server serves. */
export interface Catalog {
  readonly resources: readonly ResourceInfo[];
  hasGroup(group: string): boolean;
  find(group: string, version: string, plural: string): Endpoint | undefined;
  /** The stored objects of a type, whatever its versions. */
  collection(group: string, plural: string): Collection | undefined;
}

/** Types whose objects are often selected by one field. */
const indexedFields: Readonly<Record<string, IndexedField>> = {
  "/pods": {
    label: "spec.nodeName",
    value: (pod: JsonObject) => stringAt(objectAt(pod, "spec"), "nodeName"),
  },
};

export function createCatalog(store: Store): Catalog {
  const endpoints = new Map<string, Endpoint>();
  const collections = new Map<string, Collection>();
  for (const info of builtInResources) {
    const type = `${info.group}/${info.plural}`;
    const indexedField = indexedFields[type];
    let collection = collections.get(type);
    if (collection === undefined) {
      collection = store.open(
        indexedField === undefined ? {} : { indexedField: indexedField.value },
      );
      collections.set(type, collection);
    }
    const endpoint = createEndpoint({
      info,
      collection,
      indexedField,
      conversion: undefined,
      strategy: () => strategyOf(info.group, info.kind),
      printer: () => printerOf(info.group, info.kind),
      schema: () => schemaOf(info.group, info.version, info.kind),
    });
    endpoints.set(`${info.group}/${info.version}/${info.plural}`, endpoint);
  }
  const groups = new Set(builtInResources.map(({ group }) => group));
  return {
    resources: builtInResources,
    hasGroup: (group) => groups.has(group),
    find: (group, version, plural) => endpoints.get(`${group}/${version}/${plural}`),
    collection: (group, plural) => collections.get(`${group}/${plural}`),
  };
}

import type { JsonObject } from "../k8s/json.ts";
import { objectAt, stringAt } from "../k8s/json-fields.ts";
import { builtInResources } from "../k8s/schema/resource-table.ts";
import { schemaOf } from "../k8s/schema/schema.ts";
import type { ResourceInfo } from "../k8s/schema/schema-types.ts";
import { autoscalerConversion } from "./conversions/autoscaler.ts";
import { eventConversion } from "./conversions/event.ts";
import { type Conversion, createEndpoint, type Endpoint, type IndexedField } from "./endpoint.ts";
import { strategyOf } from "./registry/strategies.ts";
import type { Collection, CollectionOptions } from "./store/collection.ts";
import type { Store } from "./store/store.ts";
import type { TablePrinter } from "./table/printer.ts";
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

/** Types whose objects go by themselves: `--event-ttl` of kube-apiserver is one hour. */
const timesToLiveMs: Readonly<Record<string, number>> = { "/events": 3_600_000 };

/** What is stored in another version than it is served in. */
const conversions: Readonly<
  Record<string, { readonly storedGroup: string; readonly conversion: Conversion }>
> = {
  "autoscaling/v1/horizontalpodautoscalers": {
    storedGroup: "autoscaling",
    conversion: autoscalerConversion,
  },
  "events.k8s.io/v1/events": { storedGroup: "", conversion: eventConversion },
};

export function createCatalog(store: Store): Catalog {
  const endpoints = new Map<string, Endpoint>();
  const collections = new Map<string, Collection>();
  for (const info of builtInResources) {
    const key = `${info.group}/${info.version}/${info.plural}`;
    const { storedGroup = info.group, conversion } = conversions[key] ?? {};
    const type = `${storedGroup}/${info.plural}`;
    const collection = collections.get(type) ?? store.open(collectionOptions(type));
    collections.set(type, collection);
    const endpoint = createEndpoint({
      info,
      collection,
      indexedField: indexedFields[type],
      conversion,
      strategy: () => strategyOf(storedGroup, info.kind),
      printer: () => convertingPrinter(printerOf(storedGroup, info.kind), conversion),
      schema: () => schemaOf(info.group, info.version, info.kind),
    });
    endpoints.set(key, endpoint);
  }
  const groups = new Set(builtInResources.map(({ group }) => group));
  return {
    resources: builtInResources,
    hasGroup: (group) => groups.has(group),
    find: (group, version, plural) => endpoints.get(`${group}/${version}/${plural}`),
    collection: (group, plural) => collections.get(`${group}/${plural}`),
  };
}

function collectionOptions(type: string): CollectionOptions {
  const indexedField = indexedFields[type];
  const timeToLiveMs = timesToLiveMs[type];
  return {
    ...(indexedField === undefined ? {} : { indexedField: indexedField.value }),
    ...(timeToLiveMs === undefined ? {} : { timeToLiveMs }),
  };
}

/** Printers know the stored version. */
function convertingPrinter(
  printer: TablePrinter,
  conversion: Conversion | undefined,
): TablePrinter {
  if (conversion === undefined) return printer;
  return {
    columns: printer.columns,
    cells: (object, nowMs) => printer.cells(conversion.toStored(object), nowMs),
  };
}

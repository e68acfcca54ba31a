import type { JsonObject } from "../k8s/json.ts";
import { apiVersionOf } from "../k8s/resources.ts";
import type { ObjectSchema, ResourceInfo, SubresourceInfo } from "../k8s/schema/schema-types.ts";
import type { GroupResource } from "../k8s/status.ts";
import type { Strategy } from "./registry/strategy.ts";
import type { Collection } from "./store/collection.ts";
import type { TablePrinter } from "./table/printer.ts";

/** Between the version that an endpoint serves and the one that is stored. */
export interface Conversion {
  toStored(object: JsonObject): JsonObject;
  fromStored(object: JsonObject): JsonObject;
  /** The name in the stored version of a field that a selector names. */
  fieldLabel?(label: string): string;
}

/** The field by which a type's objects are indexed, as a field selector names it. */
export interface IndexedField {
  readonly label: string;
  readonly value: (object: JsonObject) => string;
}

/** One type in one version: where it is stored, and what is particular to it. */
export interface Endpoint {
  readonly info: ResourceInfo;
  readonly apiVersion: string;
  /** The names in messages. */
  readonly resource: GroupResource;
  readonly subresources: ReadonlyMap<string, SubresourceInfo>;
  readonly hasStatus: boolean;
  readonly collection: Collection;
  readonly indexedField: IndexedField | undefined;
  readonly strategy: Strategy;
  readonly printer: TablePrinter;
  readonly schema: ObjectSchema | undefined;
  /** Undefined when what is served is what is stored. */
  readonly conversion: Conversion | undefined;
  /** What a field selector may name. */
  readonly selectableFields: ReadonlySet<string>;
}

/** What an endpoint is made of. What costs time or memory is made when it is first asked for. */
export interface EndpointParts {
  readonly info: ResourceInfo;
  readonly collection: Collection;
  readonly indexedField: IndexedField | undefined;
  readonly conversion: Conversion | undefined;
  strategy(): Strategy;
  printer(): TablePrinter;
  schema(): ObjectSchema | undefined;
}

export function createEndpoint(parts: EndpointParts): Endpoint {
  return new LazyEndpoint(parts);
}

class LazyEndpoint implements Endpoint {
  readonly info: ResourceInfo;
  readonly apiVersion: string;
  readonly resource: GroupResource;
  readonly subresources: ReadonlyMap<string, SubresourceInfo>;
  readonly hasStatus: boolean;
  readonly collection: Collection;
  readonly indexedField: IndexedField | undefined;
  readonly conversion: Conversion | undefined;
  readonly #parts: EndpointParts;
  #strategy: Strategy | undefined;
  #printer: TablePrinter | undefined;
  #schema: { readonly of: ObjectSchema | undefined } | undefined;
  #selectableFields: ReadonlySet<string> | undefined;

  constructor(parts: EndpointParts) {
    const { info } = parts;
    this.#parts = parts;
    this.info = info;
    this.apiVersion = apiVersionOf(info);
    this.resource = { group: info.group, plural: info.plural };
    this.subresources = new Map(info.subresources.map((sub) => [sub.name, sub]));
    this.hasStatus = this.subresources.has("status");
    this.collection = parts.collection;
    this.indexedField = parts.indexedField;
    this.conversion = parts.conversion;
  }

  get strategy(): Strategy {
    this.#strategy ??= this.#parts.strategy();
    return this.#strategy;
  }

  get printer(): TablePrinter {
    this.#printer ??= this.#parts.printer();
    return this.#printer;
  }

  get schema(): ObjectSchema | undefined {
    this.#schema ??= { of: this.#parts.schema() };
    return this.#schema.of;
  }

  get selectableFields(): ReadonlySet<string> {
    this.#selectableFields ??= new Set([
      "metadata.name",
      ...(this.info.namespaced ? ["metadata.namespace"] : []),
      ...Object.keys(this.strategy.selectableFields?.({}) ?? {}),
    ]);
    return this.#selectableFields;
  }
}

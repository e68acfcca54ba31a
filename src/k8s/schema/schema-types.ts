/** The type of a value, as Go, JSON and protobuf agree on it. */
export type ValueType =
  | { readonly kind: ScalarKind }
  | { readonly kind: "object"; readonly schema: ObjectSchema }
  | { readonly kind: "list"; readonly of: ValueType }
  | { readonly kind: "map"; readonly of: ValueType };

/**
 * `bytes` is base64 in JSON; `quantity`, `time` and `microTime` are strings; `any` is a value of a
 * kind that the schema does not know (RawExtension, FieldsV1, JSON); `union` is one of those parts of
 * a CustomResourceDefinition that are a schema or something else (JSONSchemaPropsOrBool).
 */
export type ScalarKind =
  | "string"
  | "boolean"
  | "int32"
  | "int64"
  | "double"
  | "bytes"
  | "quantity"
  | "time"
  | "microTime"
  | "intOrString"
  | "any"
  | "union";

/** One field of an object, with what patches, apply and the protobuf codec need to know. */
export interface FieldSchema {
  /** The name in JSON. Fields of structs that Go inlines stand among those of their parent. */
  readonly name: string;
  readonly type: ValueType;
  /** The protobuf field numbers that lead here: one, or more through inlined messages. */
  readonly protobufPath: readonly number[];
  /** Go holds a pointer: a zero on the wire was written on purpose, and is kept. */
  readonly pointer: boolean;
  /** Go writes it into JSON even when it is zero or empty (its tag lacks `omitempty`). */
  readonly alwaysWritten: boolean;
  readonly required: boolean;
  /** Of a list or map, for strategic merge patches: merged, or replaced (absent). */
  readonly patchStrategies?: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patchMergeKey?: string;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** What OpenAPI says is meant when the field is absent, such as `TCP` of a port's protocol. */
  readonly defaultValue?: string | number | boolean;
  /** The values that OpenAPI lists for a string, or for those in a list or map. */
  readonly enumValues?: readonly string[];
  /** How Go's messages call the type, where it is not derived from `type`: `v1.ResourceList`. */
  readonly goType?: string;
}

export interface ObjectSchema {
  /** Go package and type, as OpenAPI writes it: `io.k8s.api.core.v1.PodSpec`. */
  readonly name: string;
  /** In the order of the Go struct. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** For server-side apply: the whole belongs to one manager, as with an ObjectReference. */
  readonly mapType?: "atomic";
}

/** A subresource, as discovery lists it. */
export interface SubresourceInfo {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** A built-in type, as discovery lists it. */
export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly SubresourceInfo[];
}

/** What the Go program in this folder prints. */
export interface GoFacts {
  readonly kinds: readonly GoKind[];
  readonly types: Readonly<Record<string, readonly GoField[]>>;
}

interface GoKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: string;
}

export interface GoField {
  readonly name: string;
  readonly type: string;
  readonly goType?: string;
  readonly protobuf: readonly number[];
  readonly pointer?: boolean;
  readonly omitEmpty?: boolean;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
}

/** Of a schema in an OpenAPI v3 document, what the tables need. */
export interface OpenApiSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, OpenApiProperty>>;
  readonly "x-kubernetes-map-type"?: string;
}

export interface OpenApiProperty {
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: OpenApiProperty;
  readonly additionalProperties?: OpenApiProperty;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
}

interface DiscoveredKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A resource of aggregated discovery (`apidiscovery.k8s.io/v2`). */
export interface DiscoveredResource {
  readonly resource: string;
  readonly responseKind: DiscoveredKind;
  readonly scope: "Cluster" | "Namespaced";
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly responseKind: DiscoveredKind;
    readonly verbs: readonly string[];
  }[];
}

export interface DiscoveredGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly DiscoveredResource[];
  }[];
}

/** What a running API server says. */
export interface ServerFacts {
  /** `v1.34.4`. */
  readonly version: string;
  /** In the server's order, the core group first. */
  readonly groups: readonly DiscoveredGroup[];
  readonly schemas: Readonly<Record<string, OpenApiSchema>>;
}

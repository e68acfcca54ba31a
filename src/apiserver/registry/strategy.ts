import type { RandomStream } from "../../base/random.ts";
import type { JsonObject } from "../../k8s/json.ts";
import type { StatusCause } from "../../k8s/status.ts";
import type { UserInfo } from "../../k8s/transport.ts";

/** What a strategy may know of the request and the world. */
export interface StrategyContext {
  readonly user: UserInfo;
  /** Now, as RFC 3339 in whole seconds. */
  readonly now: string;
  /** For generated names, addresses and ports. */
  readonly random: RandomStream;
  /** The stored object of that type, for admission (a service account, a priority class). */
  lookup(
    group: string,
    plural: string,
    namespace: string | undefined,
    name: string,
  ): JsonObject | undefined;
  /** All stored objects of that type: what is taken already, which class is the default. */
  list(group: string, plural: string): Iterable<JsonObject>;
}

/**
 * What is particular to a kind. Every function is pure, gets objects that it must not change, and
 * may be left out. Metadata that all kinds share (uid, names, versions, times) is not its matter.
 * The order on create: `defaults`, `prepareForCreate`, `validate`; on update: `defaults`,
 * `prepareForUpdate`, `validate`, `validateUpdate`; on a status update: `defaults`,
 * `prepareForStatusUpdate`, `validateStatusUpdate`, so that heartbeats do not pay for the spec.
 */
export interface Strategy {
  /** Sets what is absent, as the API server's defaulting does. Applying it twice changes nothing more. */
  defaults?(object: JsonObject): JsonObject;
  /** Clears what clients may not set, and does what built-in admission does. @throws ApiError to refuse. */
  prepareForCreate?(object: JsonObject, context: StrategyContext): JsonObject;
  /** By default, where there is a status subresource, the previous status is kept. */
  prepareForUpdate?(next: JsonObject, previous: JsonObject, context: StrategyContext): JsonObject;
  /** By default the metadata and `status` are taken from `next`, and the rest from `previous`. */
  prepareForStatusUpdate?(
    next: JsonObject,
    previous: JsonObject,
    context: StrategyContext,
  ): JsonObject;
  validate?(object: JsonObject): readonly StatusCause[];
  validateUpdate?(next: JsonObject, previous: JsonObject): readonly StatusCause[];
  validateStatusUpdate?(next: JsonObject, previous: JsonObject): readonly StatusCause[];
  /** What the subresource `approval` writes and checks; default: as `status`. */
  readonly approval?: {
    prepare(next: JsonObject, previous: JsonObject, context: StrategyContext): JsonObject;
    validate(next: JsonObject, previous: JsonObject): readonly StatusCause[];
  };
  /** Why it may not be deleted; undefined when it may. */
  refuseDelete?(object: JsonObject): string | undefined;
  /** What changes in an object that is being deleted, beside its metadata: the phase of a namespace. */
  prepareForDelete?(object: JsonObject): JsonObject;
  /** Whether something but `metadata.finalizers` holds up the removal: the finalizers of a namespace's spec. */
  isHeld?(object: JsonObject): boolean;
  /** Checks of a name beyond "a path segment". Default: a DNS-1123 subdomain. */
  validateName?(name: string): readonly string[];
  /**
   * The fields that a field selector may name, beyond `metadata.name` and `metadata.namespace`.
   * Every name is there for every object, also for `{}`: the value of what is absent is "".
   */
  selectableFields?(object: JsonObject): Readonly<Record<string, string>>;
  /** Whether `metadata.generation` counts the changes of all but metadata and status. Default false. */
  readonly countsGenerations?: boolean;
  /** What of the metadata it counts the changes of too. Default: nothing. */
  readonly generationCounts?: readonly (
    | "labels"
    | "annotations"
    | "ownerReferences"
    | "finalizers"
  )[];
  /** PUT of a name that does not exist creates it. Default false. */
  readonly createOnUpdate?: boolean;
  /** PUT must carry a resource version. Default false. */
  readonly requiresVersionOnUpdate?: boolean;
  /** What happens to dependents when the client does not say. Default "Background". */
  readonly defaultPropagation?: "Background" | "Orphan";
  /** Seconds between a delete and the removal, when the client does not say; default 0: at once. */
  gracePeriodSeconds?(object: JsonObject, asked: number | undefined): number;
}

import { isJsonObject } from "../../k8s/json.ts";
import { controllerRef } from "../../k8s/owner-refs.ts";
import type { ControllerRevision, DaemonSet } from "../../k8s/types/apps.ts";
import type { PodTemplateSpec } from "../../k8s/types/core.ts";
import type { ToCreate } from "../../k8s/types/meta.ts";
import { sameTemplate, templateHash } from "../pod-template.ts";

/** The label that says of which revision a daemon pod is. */
export const controllerRevisionHash = "controller-revision-hash";

const defaultHistoryLimit = 10;

/** The revisions of a DaemonSet's template as they should be. */
export interface HistoryPlan {
  /** What the pods of the present template are labelled with. */
  readonly hash: string;
  /** The present template, when no revision holds it yet. */
  readonly create?: ToCreate<ControllerRevision>;
  /** The revision of the present template, when it has to become the newest. */
  readonly renumber?: ControllerRevision;
  /** Old revisions beyond `revisionHistoryLimit` that no pod is of. */
  readonly deletes: readonly ControllerRevision[];
}

/**
 * Follows `constructHistory` and `cleanupHistory` of `pkg/controller/daemon/update.go`.
 *
 * @param revisions those that it owns.
 * @param liveHashes of which revisions there are pods.
 */
export function planHistory(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[],
  liveHashes: ReadonlySet<string>,
): HistoryPlan {
  const { template, revisionHistoryLimit = defaultHistoryLimit } = daemonSet.spec;
  const matching = revisions
    .filter((revision) => holds(revision, template))
    .sort((left, right) => right.revision - left.revision);
  const old = revisions
    .filter((revision) => !matching.includes(revision))
    .sort((left, right) => left.revision - right.revision);
  const newest = old.reduce((max, { revision }) => Math.max(max, revision), 0) + 1;
  const surplus = old.length - revisionHistoryLimit;
  const deletes =
    surplus <= 0
      ? []
      : old.filter((revision) => !liveHashes.has(hashOf(revision))).slice(0, surplus);
  const [current] = matching;
  if (current === undefined) {
    const hash = templateHash(template, daemonSet.status?.collisionCount);
    return { hash, create: revisionOf(daemonSet, hash, newest), deletes };
  }
  const hash = hashOf(current);
  if (current.revision >= newest) return { hash, deletes };
  return { hash, renumber: { ...current, revision: newest }, deletes };
}

function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[controllerRevisionHash] ?? metadata.name;
}

/** Whether a revision holds that template: its data is a patch that sets it. */
export function holds({ data }: ControllerRevision, template: PodTemplateSpec): boolean {
  const spec = isJsonObject(data) ? data["spec"] : undefined;
  const stored = isJsonObject(spec) ? spec["template"] : undefined;
  if (!isJsonObject(stored)) return false;
  const { $patch: _directive, ...kept } = stored;
  return isTemplate(kept) && sameTemplate(kept, template);
}

function isTemplate(value: object): value is PodTemplateSpec {
  return "spec" in value && isJsonObject(value.spec);
}

function revisionOf(
  daemonSet: DaemonSet,
  hash: string,
  revision: number,
): ToCreate<ControllerRevision> {
  const { metadata, spec } = daemonSet;
  const { namespace, annotations } = metadata;
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...spec.template.metadata?.labels, [controllerRevisionHash]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerRef(daemonSet)],
    },
    data: { spec: { template: { ...spec.template, $patch: "replace" } } },
    revision,
  };
}

import type { JsonObject, JsonValue } from "../../k8s/json.ts";
import {
  mapEach,
  objectAt,
  objectsAt,
  stringAt,
  withDefaults,
  withMember,
} from "../../k8s/json-fields.ts";
import { generateName } from "../../k8s/names.ts";
import { ApiError, forbidden } from "../../k8s/status.ts";
import type { StrategyContext } from "./strategy.ts";

/** The ServiceAccount admission (`plugin/pkg/admission/serviceaccount/admission.go`). */

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
/** An hour and 7 seconds: kubelets that ask for it are known to refresh the token in time. */
const tokenExpirationSeconds = 3607;

/** Gives a new pod its service account, the volume of its token and its pull secrets. @throws ApiError */
export function admitServiceAccount(pod: JsonObject, context: StrategyContext): JsonObject {
  // Mirror pods show what runs already: nothing may be added to them.
  if (objectAt(pod, "metadata", "annotations")["kubernetes.io/config.mirror"] !== undefined)
    return pod;
  const metadata = objectAt(pod, "metadata");
  const spec = objectAt(pod, "spec");
  const namespace = stringAt(metadata, "namespace");
  const name = stringAt(spec, "serviceAccountName") || "default";
  const account = context.lookup("", "serviceaccounts", namespace, name);
  if (account === undefined) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    const pods = { group: "", plural: "pods" };
    throw new ApiError(forbidden(pods, stringAt(metadata, "name"), why));
  }
  let admitted: JsonObject = withDefaults(spec, { serviceAccountName: name, serviceAccount: name });
  const mounts = spec["automountServiceAccountToken"] ?? account["automountServiceAccountToken"];
  if (mounts !== false) admitted = mountToken(admitted, context);
  const pullSecrets = objectsAt(account, "imagePullSecrets");
  if (objectsAt(spec, "imagePullSecrets").length === 0 && pullSecrets.length > 0) {
    admitted = { ...admitted, imagePullSecrets: pullSecrets };
  }
  return withMember(pod, "spec", admitted);
}

function mountToken(spec: JsonObject, context: StrategyContext): JsonObject {
  const volumes = objectsAt(spec, "volumes");
  const existing = volumes.find((volume) => stringAt(volume, "name").startsWith(volumePrefix));
  const name =
    existing === undefined
      ? generateName(volumePrefix, context.random)
      : stringAt(existing, "name");
  const mount = { name, readOnly: true, mountPath };
  const withMount = (container: JsonObject): JsonObject => {
    const mounts = objectsAt(container, "volumeMounts");
    if (mounts.some((other) => other["mountPath"] === mountPath)) return container;
    return { ...container, volumeMounts: [...mounts, mount] };
  };
  const mounted = mapEach(mapEach(spec, "initContainers", withMount), "containers", withMount);
  if (mounted === spec || existing !== undefined) return mounted;
  return { ...mounted, volumes: [...volumes, { name, projected: tokenVolume }] };
}

const tokenVolume: JsonValue = {
  defaultMode: 0o644,
  sources: [
    { serviceAccountToken: { path: "token", expirationSeconds: tokenExpirationSeconds } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: {
        items: [
          { path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } },
        ],
      },
    },
  ],
};

import type { JsonObject } from "../../k8s/json.ts";
import {
  chain,
  isAbsent,
  mapEach,
  mapMember,
  mapStruct,
  stringAt,
  withDefaultNumbers,
  withDefaults,
  withMember,
} from "../../k8s/json-fields.ts";

/** Defaults of pods and pod templates alike (`pkg/apis/core/v1/defaults.go`). */

const readableByAll = { defaultMode: 0o644 };

/** What `image` names when it says neither tag nor digest is `latest`, and that is always pulled. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  if (image === "") return "IfNotPresent";
  const [name = "", digest] = image.split("@");
  const tag = name.slice(name.lastIndexOf("/") + 1).split(":")[1];
  if (tag === undefined) return digest === undefined ? "Always" : "IfNotPresent";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function httpGet(action: JsonObject): JsonObject {
  return withDefaults(action, { path: "/", scheme: "HTTP" });
}

function probe(object: JsonObject): JsonObject {
  const numbers = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
  const changed = mapMember(withDefaultNumbers(object, numbers), "httpGet", httpGet);
  return mapMember(changed, "grpc", (grpc) =>
    grpc["service"] === undefined ? { ...grpc, service: "" } : grpc,
  );
}

function handler(object: JsonObject): JsonObject {
  return mapMember(object, "httpGet", httpGet);
}

function fieldRef(object: JsonObject): JsonObject {
  return mapMember(object, "fieldRef", (ref) => withDefaults(ref, { apiVersion: "v1" }));
}

const lifecycle = chain(
  (object) => mapMember(object, "postStart", handler),
  (object) => mapMember(object, "preStop", handler),
);

const containerParts = chain(
  (container) => mapEach(container, "ports", (port) => withDefaults(port, { protocol: "TCP" })),
  (container) => mapEach(container, "env", (entry) => mapMember(entry, "valueFrom", fieldRef)),
  (container) => mapMember(container, "livenessProbe", probe),
  (container) => mapMember(container, "readinessProbe", probe),
  (container) => mapMember(container, "startupProbe", probe),
  (container) => mapMember(container, "lifecycle", lifecycle),
);

function defaultContainer(container: JsonObject): JsonObject {
  const filled = withDefaults(container, {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
  });
  const pulled = isAbsent(filled["imagePullPolicy"])
    ? { ...filled, imagePullPolicy: defaultPullPolicy(stringAt(filled, "image")) }
    : filled;
  return containerParts(pulled);
}

const projection = chain(
  (source) =>
    mapMember(source, "serviceAccountToken", (token) =>
      withDefaults(token, { expirationSeconds: 3600 }),
    ),
  (source) => mapMember(source, "downwardAPI", (api) => mapEach(api, "items", fieldRef)),
);

const volumeSources = chain(
  (volume) => mapMember(volume, "secret", (source) => withDefaults(source, readableByAll)),
  (volume) => mapMember(volume, "configMap", (source) => withDefaults(source, readableByAll)),
  (volume) =>
    mapMember(volume, "downwardAPI", (source) =>
      mapEach(withDefaults(source, readableByAll), "items", fieldRef),
    ),
  (volume) =>
    mapMember(volume, "projected", (source) =>
      mapEach(withDefaults(source, readableByAll), "sources", projection),
    ),
  (volume) =>
    mapMember(volume, "hostPath", (source) =>
      source["type"] === undefined ? { ...source, type: "" } : source,
    ),
  (volume) =>
    mapMember(volume, "ephemeral", (source) =>
      mapMember(source, "volumeClaimTemplate", (template) =>
        mapMember(template, "spec", defaultClaimSpec),
      ),
    ),
);

function defaultVolume(volume: JsonObject): JsonObject {
  const named = Object.keys(volume).some((key) => key !== "name" && volume[key] !== null);
  return named ? volumeSources(volume) : withMember(volume, "emptyDir", {});
}

/** Of a PersistentVolumeClaim, or of a template for one. */
export function defaultClaimSpec(spec: JsonObject): JsonObject {
  return withDefaults(spec, { resources: {}, volumeMode: "Filesystem" });
}

/** Defaults of a PodSpec wherever it stands. */
export const defaultPodSpec: (spec: JsonObject) => JsonObject = chain(
  (spec) =>
    withDefaults(spec, {
      dnsPolicy: "ClusterFirst",
      restartPolicy: "Always",
      schedulerName: "default-scheduler",
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    }),
  (spec) => mapEach(spec, "containers", defaultContainer),
  (spec) => mapEach(spec, "initContainers", defaultContainer),
  (spec) => mapEach(spec, "ephemeralContainers", defaultContainer),
  (spec) => mapEach(spec, "volumes", defaultVolume),
);

/** Defaults of an object whose `spec.template` is a pod template. */
export function defaultTemplateIn(spec: JsonObject): JsonObject {
  return mapMember(spec, "template", (template) => mapStruct(template, "spec", defaultPodSpec));
}

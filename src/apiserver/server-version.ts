import type { JsonObject } from "../k8s/json.ts";
import { schemaVersion } from "../k8s/schema/schema.ts";

/** What `/version` says: the version of Kubernetes whose types and rules the server follows. */
export function serverVersion(): JsonObject {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(schemaVersion) ?? [];
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: schemaVersion,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}

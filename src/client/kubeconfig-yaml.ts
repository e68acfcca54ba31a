import { isJsonObject, type JsonObject } from "../k8s/json.ts";
import { KubeconfigError } from "./kubeconfig-error.ts";

/**
 * Reads YAML as Kubernetes' own tools do: YAML 1.1, but times stay strings.
 *
 * @throws KubeconfigError with the place of the fault, or when it is not a map
 */
export async function parseYamlObject(text: string, file: string): Promise<JsonObject> {
  if (text.trim() === "") return {}; // As kubectl: an empty file says nothing.
  const yaml = await loadYaml();
  let value: unknown;
  try {
    value = yaml.load(text, { schema: yaml.schema });
  } catch (error) {
    if (!(error instanceof yaml.YAMLException)) throw error;
    const { mark, reason } = error;
    const where = mark === undefined ? "" : `line ${mark.line + 1}, column ${mark.column + 1}: `;
    throw new KubeconfigError(`${file}: ${where}${reason}`, { cause: error });
  }
  if (isJsonObject(value)) return value;
  throw new KubeconfigError(`${file}: expected a kubeconfig, found ${describe(value)}`);
}

export async function formatYaml(value: JsonObject): Promise<string> {
  const yaml = await loadYaml();
  return yaml.dump(value, { lineWidth: -1, noRefs: true });
}

/** What a value is, for messages. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `the ${typeof value} ${JSON.stringify(value)}`;
}

/** Loaded late: most programs that start never read YAML. */
async function loadYaml() {
  const yaml = await import("js-yaml");
  const schema = yaml.CORE_SCHEMA.withTags(
    yaml.boolYaml11Tag,
    yaml.intYaml11Tag,
    yaml.floatYaml11Tag,
    yaml.nullYaml11Tag,
    yaml.mergeTag,
  );
  return { load: yaml.load, dump: yaml.dump, YAMLException: yaml.YAMLException, schema };
}

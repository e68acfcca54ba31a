import { parseArgs } from "node:util";
import {
  type KubernetesVersion,
  kubernetesVersions,
  minorOf,
} from "../../test/control-plane/pinned-modules.ts";

/** What `npm run bench:fidelity -- …` was asked for. */
export interface FidelityOptions {
  /** Default: the four versions that the comparison has to hold for. */
  readonly versions: readonly KubernetesVersion[];
  /** Nodes of each side. Default 10. */
  readonly nodeCount: number;
  /** How long they are left alone, in seconds. Default 300. */
  readonly idleS: number;
  /** Where recordings are kept, as VERSION/SUBJECT. Default: a temporary folder. */
  readonly record: string | undefined;
  /** Such a folder, whose recordings of Kubemark are used instead of new ones. */
  readonly against: string | undefined;
  /** A Markdown file for the tables. Default: none. */
  readonly page: string | undefined;
}

/** The command line is wrong. The message says what was expected and what was found. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The help text. */
export const usage: string = `npm run bench:fidelity -- [--versions 1.30,1.31,1.34,1.36] [--nodes 10] [--idle 300 | --quick]
                          [--record DIR] [--against DIR] [--page FILE]

  --versions   minor versions, or full ones: ${kubernetesVersions.join(", ")}
  --nodes      hollow nodes of each side, 1 to 256
  --idle       seconds for which they are left alone
  --quick      the same as --idle 30
  --record     where the recordings are kept, as VERSION/SUBJECT
  --against    such a folder: its recordings of Kubemark are used instead of new ones
  --page       a Markdown file for the tables
`;

const defaultMinors = "1.30,1.31,1.34,1.36";
const quickIdleS = 30;
/** The last part of an IPv4 address. */
const nodeCountMax = 256;

/** Reads the command line. @throws UsageError */
export function parseFidelityOptions(args: readonly string[]): FidelityOptions {
  const values = parseFlags(args);
  return {
    versions: values.versions.split(",").map(versionOf),
    nodeCount: integer("--nodes", values.nodes, nodeCountMax),
    idleS: values.quick ? quickIdleS : integer("--idle", values.idle, 86_400),
    record: values.record,
    against: values.against,
    page: values.page,
  };
}

interface Flags {
  readonly versions: string;
  readonly nodes: string;
  readonly idle: string;
  readonly quick: boolean;
  readonly record: string | undefined;
  readonly against: string | undefined;
  readonly page: string | undefined;
}

function parseFlags(args: readonly string[]): Flags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        versions: { type: "string", default: defaultMinors },
        nodes: { type: "string", default: "10" },
        idle: { type: "string", default: "300" },
        quick: { type: "boolean", default: false },
        record: { type: "string" },
        against: { type: "string" },
        page: { type: "string" },
      },
    });
    const { record, against, page } = values;
    return { ...values, record, against, page };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** "1.34", "v1.34" or "v1.34.4" → "v1.34.4". */
function versionOf(word: string): KubernetesVersion {
  const wanted = word.replace(/^v/, "");
  const found = kubernetesVersions.find(
    (version) => version === `v${wanted}` || minorOf(version) === wanted,
  );
  if (found !== undefined) return found;
  throw new UsageError(`--versions: expected ${kubernetesVersions.join(", ")}, found "${word}"`);
}

function integer(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`${flag}: expected a whole number from 1 to ${max}, found "${text}"`);
}

import { type CommandSpec, commands } from "../src/cli/commands.ts";
import { groupOptions, joinOptions, upOptions } from "../src/cli/options/fleet-settings.ts";
import { flagName, type OptionRow } from "../src/cli/options/option-table.ts";

type Rows = Readonly<Record<string, OptionRow<unknown>>>;

/** The page of commands and flags. */
export function cliReference(): string {
  return `# Commands and flags

Generated from the tables in \`src/cli/options/\` by \`npm run generate\`.

Exit codes: 0, done; 1, it failed; 2, the command line or a file of settings is wrong.

${commands.map(commandSection).join("\n")}`;
}

function commandSection(spec: CommandSpec): string {
  const file = spec.takesFile
    ? "| `--config <file>` | fleet file: these settings in YAML, and groups of nodes | |\n"
    : "";
  return `## hollowmark ${spec.name}

${sentence(spec.summary)}

\`\`\`bash
${spec.examples.join("\n")}
\`\`\`

| Flag | Meaning | Default |
|---|---|---|
${Object.entries(spec.options).map(flagRow).join("")}${file}`;
}

function flagRow([key, row]: readonly [string, OptionRow<unknown>]): string {
  const short = row.short === undefined ? "" : `-${row.short}, `;
  return `| \`${short}--${flagName(key)} ${row.argument}\` | ${cell(row.help)} | ${cell(row.defaultText)} |\n`;
}

/** The page of the fleet file. */
export function fleetFileReference(): string {
  const settings = { ...joinOptions, ...upOptions };
  return `# The fleet file

Generated from the tables in \`src/cli/options/\` by \`npm run generate\`.

\`hollowmark up --config fleet.yaml\`, and \`join\` likewise. Every flag may stand in it under its name
in camel case; a flag on the command line wins. With \`groups\`, \`nodes\` is the sum of their counts;
what a group does not say, it takes from the settings above it. Labels and capacities are added to
those above, resource by resource and key by key.

\`\`\`yaml
apiVersion: hollowmark/v1
kind: Fleet
fleet: load
labels: { team: blue }
groups:
- name: general
  count: 900
  nameTemplate: "{group}-{index}"
  capacity: { cpu: 16, memory: 64Gi, pods: 110 }
  zones: [eu-1a, eu-1b, eu-1c]
  instanceType: m7i.4xlarge
- name: gpu
  count: 100
  nameTemplate: "{group}-{zone}-{index}"
  capacity: { cpu: 96, memory: 1Ti, nvidia.com/gpu: 8 }
  taints: ["nvidia.com/gpu=present:NoSchedule"]
  zones: [eu-1a]
\`\`\`

| Key | Meaning | Default |
|---|---|---|
${keyRows(settings)}
## Keys of a group

| Key | Meaning | Default |
|---|---|---|
${keyRows(groupOptions)}`;
}

function keyRows(rows: Rows): string {
  return Object.entries(rows)
    .map(([key, row]) => `| \`${key}\` | ${cell(row.help)} | ${cell(row.defaultText)} |\n`)
    .join("");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function cell(text = ""): string {
  return text.replaceAll("|", "\\|");
}

import { describe, expect, test } from "vitest";
import { createSandbox, expectRefusal } from "./sandbox.ts";

const wrong = [
  { name: "no map", text: "- nodes: 5\n", message: /: expected a map of settings, found a list$/ },
  { name: "nothing in it", text: "", message: /: expected a map of settings, found nothing$/ },
  {
    name: "a wrong type",
    text: "nodes: many\n",
    message: /fleet.yaml: nodes: expected a whole number from 1 to 100000, found "many"$/,
  },
  {
    name: "a wrong type in a group",
    text: "groups:\n- count: 1\n- count: true\n",
    message: /groups\[1\].count: expected a whole number from 1 to 100000, found true$/,
  },
  {
    name: "labels that are a list",
    text: "nodes: 1\nlabels: [a, b]\n",
    message: /labels: expected a map, or key=value, found a list$/,
  },
  {
    name: "a capacity that is no quantity",
    text: "groups:\n- count: 1\n  capacity: { cpu: lots }\n",
    message: /groups\[0\].capacity: expected a quantity of cpu .*, found "lots"$/,
  },
  {
    name: "a tab",
    text: "groups:\n\t- count: 1\n",
    message: /fleet.yaml: line 2, column 1: .*tab/,
  },
  { name: "a key twice", text: "nodes: 1\nnodes: 2\n", message: /line 2, column 1: duplicated/ },
  {
    name: "an unknown key",
    text: "nodez: 5\n",
    message: /fleet.yaml: nodez: unknown key; did you mean "nodes"\?$/,
  },
  {
    name: "an unknown key of a group",
    text: "groups:\n- count: 1\n  zone: [a]\n",
    message: /groups\[0\].zone: unknown key; did you mean "zones"\?$/,
  },
  {
    name: "a group without a count",
    text: "groups:\n- name: a\n",
    message: /groups\[0\].count: expected a whole number, found nothing$/,
  },
  {
    name: "nodes beside groups",
    text: "nodes: 5\ngroups:\n- count: 1\n",
    message: /: nodes: expected none beside groups/,
  },
  {
    name: "groups whose nodes have the same names",
    text: "groups:\n- { count: 2, nameTemplate: 'n-{index}' }\n- { count: 2, nameTemplate: 'n-{index}' }\n",
    message: /fleet.yaml: groups\[1\].nameTemplate: gives the name "n-0" to two nodes$/,
  },
  {
    name: "a template of the whole fleet that gives equal names",
    text: "nodes: 2\nnameTemplate: n\n",
    message: /fleet.yaml: nameTemplate: gives the name "n" to two nodes$/,
  },
  {
    name: "another kind of object",
    text: "kind: Deployment\nnodes: 5\n",
    message: /fleet.yaml: kind: expected Fleet, found "Deployment"$/,
  },
];

describe.concurrent("a fleet file is refused in one line, with the place:", () => {
  test.each(wrong)("$name", async ({ text, message }) => {
    await using sandbox = await createSandbox();
    const file = await sandbox.folder.write("fleet.yaml", text);
    expectRefusal(await sandbox.run(["up", "--config", file]), 2, message);
    expect(await sandbox.leftovers(["fleet.yaml"])).toEqual([]);
  });

  test("when it is missing, or a folder", async () => {
    await using sandbox = await createSandbox();
    const folder = sandbox.folder.path;
    const missing = await sandbox.run(["up", "--config", `${folder}/none.yaml`]);
    expectRefusal(missing, 2, `--config: ${folder}/none.yaml: no such file`);
    const isFolder = await sandbox.run(["up", "--config", folder]);
    expectRefusal(isFolder, 2, `--config: ${folder}: it is a directory`);
  });

  test("when a flag contradicts it", async () => {
    await using sandbox = await createSandbox();
    const file = await sandbox.folder.write("fleet.yaml", "groups:\n- count: 1\n");
    const run = await sandbox.run(["up", "--nodes", "5", "--config", file]);
    expectRefusal(run, 2, `--nodes: expected none beside the groups of ${file}`);
  });
});

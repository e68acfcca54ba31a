import { describe, expect, test } from "vitest";
import { runHollowmark } from "../harness/hollowmark-process.ts";
import { createSandbox, expectRefusal } from "./sandbox.ts";

const seeHelp = "; see hollowmark --help";

describe.concurrent("a command line that cannot be understood is refused in one line", () => {
  test.each([
    ["up --nodes 0", '--nodes: expected a whole number from 1 to 100000, found "0"'],
    ["up --nodes -1", '--nodes: expected a whole number from 1 to 100000, found "-1"'],
    ["up --nodes 1e9", '--nodes: expected a whole number from 1 to 100000, found "1e9"'],
    ["join --nodes ten", '--nodes: expected a whole number from 1 to 100000, found "ten"'],
    ["up --nodes", `option '--nodes <count>' argument missing${seeHelp}`],
    ["up --nodes 2 --name-template node", '--name-template: gives the name "node" to two nodes'],
    ["up --name-template Node-{index}", /^--name-template: "Node-0": a lowercase RFC 1123 /],
    ["up --name-template n-{number}", "--name-template: expected {index}, {group}, found {number}"],
    [
      `up --name-template ${"n".repeat(70)}-{index}`,
      /^--name-template: "n+-0": must be no more than 63 /,
    ],
    [
      "up --capacity cpu=many",
      '--capacity: expected a quantity of cpu such as 32, 500m or 256Gi, found "many"',
    ],
    [
      "join --capacity memory=-1Gi",
      '--capacity: expected a quantity of memory such as 32, 500m or 256Gi, found "-1Gi"',
    ],
    ["up --capacity pods=1.5", /^--capacity.*expected a whole number, found "1.5"$/],
    ["up --capacity cpu", '--capacity: expected resource=quantity, found "cpu"'],
    ["up --capacity cpu=1,cpu=2", '--capacity: "cpu" is given twice'],
    ["up --labels a=b=c", /^--labels: label "a=b=c": a valid label must be /],
    ["up --taints dedicated", /^--taints: expected key=value:effect .*, found "dedicated"$/],
    ["up --fleet My_Fleet", /^--fleet: "My_Fleet": a lowercase RFC 1123 label must /],
    ["up --kubelet-version latest", /^--kubelet-version: expected a version .*, found "latest"$/],
    ["up --port 65536", '--port: expected a whole number from 0 to 65535, found "65536"'],
    ["up --on-exit leave", '--on-exit: expected one of delete, keep, found "leave"'],
    ["up --output yaml", '--output: expected one of text, json, found "yaml"'],
    ["up --ready-timeout 5", /^--ready-timeout: expected a duration such as 1m30s, found "5"$/],
    ["up --ndoes 5", `unknown option '--ndoes' (Did you mean --nodes?)${seeHelp}`],
    ["join --kubeconf f", `unknown option '--kubeconf' (Did you mean --kubeconfig?)${seeHelp}`],
    ["jion", `unknown command 'jion' (Did you mean join?)${seeHelp}`],
    ["help jion", `unknown command 'jion'${seeHelp}`],
    ["up 100", /^too many arguments for 'up'/],
    ["leave --nodes 5", `unknown option '--nodes'${seeHelp}`],
  ])("%s", async (commandLine, message) => {
    await using sandbox = await createSandbox();
    expectRefusal(await sandbox.run(commandLine.split(" ")), 2, message);
    expect(await sandbox.leftovers()).toEqual([]);
  });
});

describe.concurrent("help", () => {
  test("names every command, and each command its flags with their defaults", async () => {
    const [all, up, join, leave] = await Promise.all(
      [["--help"], ["up", "--help"], ["help", "join"], ["leave", "-h"]].map((args) =>
        runHollowmark(args),
      ),
    );
    for (const run of [all, up, join, leave]) {
      expect(run).toMatchObject({ code: 0, stderr: "" });
    }
    expect(all?.stdout).toMatch(/^Usage: hollowmark .*\n[\s\S]* up .*[\s\S]* join [\s\S]* leave /);
    const shared = ["nodes", "name-template", "labels", "taints", "capacity", "kubelet-version"];
    const more = ["fleet", "on-exit", "ready-timeout", "output", "config", "kubeconfig"];
    for (const flag of [...shared, ...more]) {
      expect(up?.stdout).toContain(`--${flag} <`);
      expect(join?.stdout).toContain(`--${flag} <`);
    }
    expect(up?.stdout).toMatch(/-v, --verbosity/);
    expect(up?.stdout).toMatch(/--nodes <count> .*default: 100\)/);
    expect(leave?.stdout).toContain("--fleet <name>");
  });

  test("the program alone says how it is used, which is a usage error", async () => {
    const run = await runHollowmark([]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(/^Usage: hollowmark /);
  });

  test("the version", async () => {
    const run = await runHollowmark(["--version"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createSandbox, expectRefusal } from "./sandbox.ts";

test("up writes a log of each kubelet and proxy, with their requests", async () => {
  await using sandbox = await createSandbox();
  const folder = `${sandbox.folder.path}/logs`;
  const args = ["up", "--nodes", "2", "--profile", "kubemark", "--log-file", folder, "-v=8"];
  await using program = sandbox.start(args);
  await program.waitFor(/Press Ctrl-C/);
  await program.stop();
  expect((await readdir(folder)).sort()).toEqual([
    "kubelet-hollow-0.log",
    "kubelet-hollow-1.log",
    "kubeproxy-hollow-0.log",
    "kubeproxy-hollow-1.log",
  ]);
  const text = await readFile(`${folder}/kubelet-hollow-1.log`, "utf8");
  const head = String.raw`^I\d{4} \d\d:\d\d:\d\d\.\d{6} +${program.pid} round_trippers.go:\d+\]`;
  const registration = String.raw`"Request" verb="POST" url="https://127.0.0.1:\d+/api/v1/nodes" headers=<`;
  expect(text).toMatch(new RegExp(`${head} ${registration}$`, "m"));
  expect(text).toMatch(/^\tUser-Agent: hollow-kubelet$/m);
  expect(text).toMatch(
    new RegExp(`${head} "Response" status="201 Created" .*milliseconds=\\d+$`, "m"),
  );
  const proxy = await readFile(`${folder}/kubeproxy-hollow-0.log`, "utf8");
  expect(proxy).toMatch(/verb="GET" url="[^"]*\/endpointslices\?/);
});

test("nodes that share their watches have none", async () => {
  await using sandbox = await createSandbox();
  const args = ["up", "--nodes", "1", "--profile", "light", "--log-file", sandbox.folder.path];
  const message = "--log-file: nodes that share their watches have no logs of their own";
  expectRefusal(await sandbox.run(args), 2, message);
});

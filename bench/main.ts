import { benchApiServer } from "./apiserver.ts";
import { benchConnections } from "./connections/connections.ts";
import { benchEmbedded } from "./embedded.ts";
import { benchFaithful, benchFaithful2000, benchFaithful5000 } from "./faithful.ts";
import { benchHelp } from "./help.ts";
import { benchLeasePut } from "./lease-put.ts";
import { benchPods } from "./pods.ts";
import { benchProxy } from "./proxy.ts";
import { benchReal } from "./real.ts";
import { type Figure, reportFigures } from "./results.ts";

/** Measures the figures of `budgets.json`: all of them, or the parts that are named. */
const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  help: benchHelp,
  "lease-put": benchLeasePut,
  connections: benchConnections,
  apiserver: benchApiServer,
  proxy: benchProxy,
  pods: benchPods,
  embedded: benchEmbedded,
  real: benchReal,
  faithful: benchFaithful,
  "faithful-2000": benchFaithful2000,
  "faithful-5000": benchFaithful5000,
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`bench: expected ${Object.keys(parts).join(", ")}, found ${unknown.join(", ")}`);
  process.exitCode = 2;
} else {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (named.length > 0 && !named.includes(name)) continue;
    console.log(`\n== ${name}`);
    figures.push(...(await measure()));
  }
  if (!reportFigures(figures)) process.exitCode = 1;
}

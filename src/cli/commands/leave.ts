import { connectExisting, createSystemEnv, leavePurpose } from "../../cluster/index.ts";
import { createProcessIdentity, defaultFleet, removeFleet } from "../../fleet/index.ts";
import type { CommandContext, ExitCode } from "../command-context.ts";
import { leaveOptions } from "../options/fleet-settings.ts";
import { readFlags } from "../options/option-table.ts";
import { commandLog } from "./command-log.ts";
import { existingCluster } from "./existing-cluster.ts";

/** `hollowmark leave` */
export async function leave(
  flags: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, stop } = context;
  const settings = readFlags(leaveOptions, flags);
  const { fleet = defaultFleet, output = "text" } = settings;
  const connection = await existingCluster(settings, context);
  const env = createSystemEnv({ log: commandLog(settings, context) });
  await using controlPlane = await connectExisting(connection, leavePurpose, env, stop);
  const removed = await removeFleet(
    {
      client: controlPlane.connect("leave"),
      fleet,
      identity: createProcessIdentity(env.random.stream("fleet-holder")),
    },
    env,
    stop,
  );
  const { nodes, leases, csiNodes } = removed;
  terminal.print(
    output === "json"
      ? JSON.stringify({ fleet, removed })
      : `Fleet ${fleet}: removed ${nodes} Nodes, ${leases} Leases and ${csiNodes} CSINodes`,
  );
  return 0;
}

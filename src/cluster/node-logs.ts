import { pid } from "node:process";
import type { Env } from "../base/env.ts";
import { type LogFiles, openLogFiles } from "../measure/index.ts";

/** Logs of the kubelets and proxies of a fleet, in klog's form. */
export interface LogFilesOptions {
  /** Of the files `kubelet-NAME.log` and `kubeproxy-NAME.log`; made if it is not there. */
  readonly folder: string;
  /** As of klog: 4 for every step, 6 and above for requests. Default 0. */
  readonly verbosity?: number;
}

/** @throws OptionError, by the name `optionName`, when the folder cannot be made. */
export function openNodeLogs(
  { folder, verbosity = 0 }: LogFilesOptions,
  optionName: string,
  env: Pick<Env, "clock" | "log">,
): Promise<LogFiles> {
  return openLogFiles({ folder, verbosity, processId: pid, optionName }, env);
}

export { expositionType, formatExposition } from "./exposition.ts";
export { type LogFiles, openLogFiles } from "./log-files.ts";
export { openFilesLimit } from "./open-files-limit.ts";
export { type ProcessMetrics, watchProcess, watchThread } from "./process-metrics.ts";
export {
  createRequestMetrics,
  type RequestMetrics,
  type RequestMetricsOptions,
} from "./request-metrics.ts";

export { expositionType, formatExposition } from "./exposition.ts";
export { formatKlog, type KlogLine, type KlogSource } from "./klog.ts";
export { openFilesLimit } from "./open-files-limit.ts";
export { type ProcessMetrics, watchProcess } from "./process-metrics.ts";
export { type RequestLogOptions, withRequestLog } from "./request-log.ts";
export {
  createRequestMetrics,
  type RequestMetrics,
  type RequestMetricsOptions,
} from "./request-metrics.ts";

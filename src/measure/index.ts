export { expositionType, formatExposition } from "./exposition.ts";
export { openFilesLimit, parseOpenFilesLimit } from "./open-files-limit.ts";
export { type ProcessMetrics, watchProcess } from "./process-metrics.ts";
export {
  createRequestMetrics,
  latencyBuckets,
  type RequestMetrics,
  type RequestMetricsOptions,
} from "./request-metrics.ts";

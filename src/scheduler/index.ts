export { type Scheduler, startScheduler } from "./scheduler.ts";
export type { SchedulerOptions } from "./scheduler-options.ts";
export type { PendingPods } from "./scheduling-queue.ts";

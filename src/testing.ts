/** For tests of programs that use Hollowmark: time and chance under control. */
export { createManualClock, type ManualClock } from "./base/manual-clock.ts";
export { createTestEnv } from "./base/test-env.ts";

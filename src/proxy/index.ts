export type { ProxyEndpoint } from "./choose-endpoints.ts";
export { startProxy } from "./hollow-proxy.ts";
export {
  type ProxyHabits,
  type ProxyHabitsOptions,
  proxyHabits,
  type Selectors,
} from "./proxy-habits.ts";
export type {
  ProgrammedRule,
  ProxyFailure,
  ProxyObserver,
  RunningProxy,
  RunningProxyOptions,
} from "./running-proxy.ts";
export { createSharedRules, type SharedRules } from "./shared-rules.ts";

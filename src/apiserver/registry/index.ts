export { type BootstrapOptions, bootstrapObjects, firstServiceIp } from "./bootstrap.ts";
export { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";
export { defaultServiceCidr } from "./service-addresses.ts";
export { strategyOf } from "./strategies.ts";
export type { Strategy, StrategyContext } from "./strategy.ts";

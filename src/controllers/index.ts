export {
  type ControllerName,
  type ControllersOptions,
  controllerNames,
  type NodeLifecycleOptions,
} from "./controller-options.ts";
export { type Controllers, startControllers } from "./start-controllers.ts";

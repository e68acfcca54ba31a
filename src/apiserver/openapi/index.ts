export { createOpenApi } from "./open-api.ts";

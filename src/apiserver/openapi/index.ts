export { createOpenApi, type OpenApi } from "./open-api.ts";

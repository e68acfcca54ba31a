import type { ManualClock } from "../base/manual-clock.ts";
import { createTestEnv } from "../base/test-env.ts";
import type { JsonObject } from "../k8s/json.ts";
import type { ApiRequest, HttpMethod, WatchEvent, WatchHandle } from "../k8s/transport.ts";
import { type ApiServer, createApiServer } from "./api-server.ts";

/** An answer, with its object. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As untyped as what is read from JSON: tests look into answers of every shape. */
  readonly value: ReturnType<typeof JSON.parse>;
}

export interface TestServer {
  readonly server: ApiServer;
  readonly clock: ManualClock;
  /** `path` may have a query; a patch is a merge patch unless the headers say otherwise. */
  call(
    method: HttpMethod,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Opens a watch. `events` holds what has come so far, in short form. */
  watch(path: string): Promise<TestWatch>;
}

export interface TestWatch {
  readonly events: WatchEvent[];
  /** `TYPE name@revision`, or without a name for bookmarks and errors. */
  lines(): readonly string[];
  readonly isClosed: boolean;
  readonly handle: WatchHandle;
}

export function createTestServer(): TestServer {
  const env = createTestEnv();
  const server = createApiServer({}, env);
  const user = { name: "tester", groups: ["system:masters"] };
  const request = (method: HttpMethod, path: string, extra: Partial<ApiRequest>): ApiRequest => {
    const url = new URL(path, "http://server");
    const query = Object.fromEntries(url.searchParams);
    return { method, path: url.pathname, query, user, ...extra };
  };
  return {
    server,
    clock: env.clock,
    call: async (method, path, body, headers) => {
      const type = method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {};
      const {
        status,
        headers: sent,
        body: answered,
      } = await server.handle(
        request(method, path, {
          headers: { ...type, ...headers },
          ...(body === undefined ? {} : { body: { kind: "object", value: body } }),
        }),
      );
      const value = answered.kind === "object" ? answered.value : undefined;
      return { status, headers: sent, value };
    },
    watch: async (path) => {
      const { body, status } = await server.handle(request("GET", path, {}));
      if (body.kind !== "watch") throw new Error(`no watch but ${status} ${JSON.stringify(body)}`);
      const events: WatchEvent[] = [];
      let isClosed = false;
      const handle = body.open({
        events: (batch) => events.push(...batch),
        closed: () => {
          isClosed = true;
        },
      });
      return {
        events,
        lines: () => events.map(lineOf),
        get isClosed() {
          return isClosed;
        },
        handle,
      };
    },
  };
}

function lineOf({ type, object }: WatchEvent): string {
  const { name, resourceVersion } = (object["metadata"] ?? {}) as JsonObject;
  return [type, name, `@${String(resourceVersion ?? object["code"])}`]
    .filter((word) => word !== undefined)
    .join(" ");
}

import type { Client } from "../client/index.ts";

/** The same client, whose requests all end when `signal` is aborted. */
export function abortableClient(client: Client, signal: AbortSignal): Client {
  return {
    get: (of, ref, options) => client.get(of, ref, { signal, ...options }),
    list: (of, options) => client.list(of, { signal, ...options }),
    watch: (of, options, sink) => client.watch(of, { signal, ...options }, sink),
    create: (of, object, options) => client.create(of, object, { signal, ...options }),
    createSubresource: (of, ref, subresource, body, options) =>
      client.createSubresource(of, ref, subresource, body, { signal, ...options }),
    update: (of, object, options) => client.update(of, object, { signal, ...options }),
    patch: (of, ref, type, patch, options) =>
      client.patch(of, ref, type, patch, { signal, ...options }),
    delete: (of, ref, options) => client.delete(of, ref, { signal, ...options }),
    request: (request) => client.request({ signal, ...request }),
  };
}

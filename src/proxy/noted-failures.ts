import type { Client } from "../client/index.ts";
import { ApiError } from "../k8s/status.ts";
import { TransportError } from "../k8s/transport.ts";
import type { ProxyFailure } from "./running-proxy.ts";

/**
 * Tells `note`, with the plural of what was asked for, why a read or a watch failed; undefined when
 * one was answered.
 */
export function withNotedFailures(
  client: Client,
  note: (plural: string, failure: ProxyFailure | undefined) => void,
): Client {
  const noted = async <T>({ plural }: { readonly plural: string }, answer: Promise<T>) => {
    try {
      const result = await answer;
      note(plural, undefined);
      return result;
    } catch (error) {
      note(plural, failureOf(error));
      throw error;
    }
  };
  return {
    ...client,
    get: (of, ref, options) => noted(of, client.get(of, ref, options)),
    list: (of, options) => noted(of, client.list(of, options)),
    watch: (of, options, sink) => noted(of, client.watch(of, options, sink)),
  };
}

function failureOf(error: unknown): ProxyFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiError) return { reason: error.status.reason ?? "Unknown", message };
  return { reason: error instanceof TransportError ? error.reason : "Unknown", message };
}

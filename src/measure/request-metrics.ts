import type { Env } from "../base/env.ts";
import {
  type Counter,
  type CounterSeries,
  type Gauge,
  type GaugeSeries,
  type Histogram,
  type HistogramSeries,
  silentMetrics,
} from "../base/metrics.ts";
import type { ApiRequest, ResponseBody, Transport, WatchSink } from "../k8s/transport.ts";
import { type ConnectionCounts, countConnections } from "./connection-counts.ts";
import { type RequestAttributes, requestAttributes } from "./request-attributes.ts";

export interface RequestMetricsOptions {
  /** The API server, as client-go names it in its metrics: `127.0.0.1:6443`. */
  readonly host: string;
}

/** Counts what goes through transports. */
export interface RequestMetrics {
  /**
   * A transport that counts each request, how long its answer took, and the watches that are open.
   * `component` tells whose requests they are: `kubelet`, `kube-proxy`, …
   */
  wrap(next: Transport, component: string): Transport;
  /** A request has waited for a client's limiter, or not at all. */
  limiterWaited(waitedMs: number): void;
  /** Hears of the connections of transports. */
  readonly connections: ConnectionCounts;
}

/** Those of client-go (`component-base/metrics/prometheus/restclient/metrics.go`), in seconds. */
const latencyBuckets: readonly number[] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** What client-go has for a code where there was no answer. */
const noAnswer = "<error>";

/**
 * Requests by component, verb, resource and code, and client-go's own metrics of its REST client,
 * for all nodes together. Where nothing is kept, nothing is wrapped.
 */
export function createRequestMetrics(
  { host }: RequestMetricsOptions,
  env: Pick<Env, "clock" | "metrics">,
): RequestMetrics {
  if (env.metrics === silentMetrics) {
    return {
      wrap: (next) => next,
      limiterWaited() {},
      connections: { opened() {}, closed() {}, failed() {} },
    };
  }
  const routes = createRoutes(host, env);
  const waits = env.metrics
    .histogram(
      "rest_client_rate_limiter_duration_seconds",
      "Client side rate limiter latency in seconds. Broken down by host.",
      latencyBuckets,
      ["host"],
    )
    .labels({ host });
  return {
    connections: countConnections(env),
    limiterWaited: (waitedMs) => waits.observe(waitedMs / 1_000),
    wrap(next, component) {
      const ofComponent = routes(component);
      return async (request) => {
        const route = ofComponent(request);
        const startMs = env.clock.monotonicMs();
        try {
          const response = await next(request);
          route.answered(String(response.status), env.clock.monotonicMs() - startMs);
          return response.body.kind === "watch"
            ? { ...response, body: countedWatch(response.body, route) }
            : response;
        } catch (error) {
          route.answered(noAnswer, env.clock.monotonicMs() - startMs);
          throw error;
        }
      };
    },
  };
}

interface Instruments {
  readonly host: string;
  readonly requests: Counter;
  readonly durations: Histogram;
  readonly restRequests: Counter;
  readonly restDurations: Histogram;
  readonly watches: Gauge;
  readonly watchesEnded: Counter;
}

function createInstruments(host: string, { metrics }: Pick<Env, "metrics">): Instruments {
  const route = ["component", "verb", "resource", "subresource"];
  return {
    host,
    requests: metrics.counter(
      "hollowmark_api_requests_total",
      "Requests to the API server, by what they asked for and the code of the answer.",
      [...route, "code"],
    ),
    durations: metrics.histogram(
      "hollowmark_api_request_duration_seconds",
      "From when a request was sent until its answer was there; of a watch, until it was accepted.",
      latencyBuckets,
      route,
    ),
    restRequests: metrics.counter(
      "rest_client_requests_total",
      "Number of HTTP requests, partitioned by status code, method, and host.",
      ["code", "method", "host"],
    ),
    restDurations: metrics.histogram(
      "rest_client_request_duration_seconds",
      "Request latency in seconds. Broken down by verb, and host.",
      latencyBuckets,
      ["verb", "host"],
    ),
    watches: metrics.gauge("hollowmark_watches", "Watches that are open.", [
      "component",
      "resource",
    ]),
    watchesEnded: metrics.counter(
      "hollowmark_watches_ended_total",
      "Watches that ended, by how: timeout by the server, broken, or stopped by us.",
      ["component", "resource", "how"],
    ),
  };
}

/** Finds the route of a request without making a string: once for each kind of request. */
function createRoutes(
  host: string,
  env: Pick<Env, "metrics">,
): (component: string) => (request: ApiRequest) => Route {
  const instruments = createInstruments(host, env);
  const byComponent = new Map<string, Map<string, Route[]>>();
  return (component) => {
    const byResource = byComponent.get(component) ?? new Map<string, Route[]>();
    byComponent.set(component, byResource);
    return (request) => {
      const asked = requestAttributes(request);
      let routes = byResource.get(asked.resource);
      if (routes === undefined) {
        routes = [];
        byResource.set(asked.resource, routes);
      }
      for (const route of routes) if (route.is(asked)) return route;
      const route = new Route(component, request.method, asked, instruments);
      routes.push(route);
      return route;
    };
  };
}

/** The series of one kind of request, `patch pods/status` of kubelets. */
class Route {
  readonly #component: string;
  readonly #method: string;
  readonly #asked: RequestAttributes;
  readonly #instruments: Instruments;
  readonly #duration: HistogramSeries;
  readonly #restDuration: HistogramSeries | undefined;
  readonly #byCode = new Map<
    string,
    { readonly own: CounterSeries; readonly rest: CounterSeries }
  >();
  readonly #watches: GaugeSeries | undefined;

  constructor(
    component: string,
    method: string,
    asked: RequestAttributes,
    instruments: Instruments,
  ) {
    const { verb, resource, subresource } = asked;
    this.#component = component;
    this.#method = method;
    this.#asked = asked;
    this.#instruments = instruments;
    this.#duration = instruments.durations.labels({ component, verb, resource, subresource });
    // client-go does not time watches.
    this.#restDuration =
      verb === "watch"
        ? undefined
        : instruments.restDurations.labels({ verb: method, host: instruments.host });
    this.#watches =
      verb === "watch" ? instruments.watches.labels({ component, resource }) : undefined;
  }

  is({ verb, subresource }: RequestAttributes): boolean {
    return this.#asked.verb === verb && this.#asked.subresource === subresource;
  }

  answered(code: string, durationMs: number): void {
    let counters = this.#byCode.get(code);
    if (counters === undefined) {
      const { requests, restRequests, host } = this.#instruments;
      counters = {
        own: requests.labels({ component: this.#component, ...this.#asked, code }),
        rest: restRequests.labels({ code, method: this.#method, host }),
      };
      this.#byCode.set(code, counters);
    }
    counters.own.inc();
    counters.rest.inc();
    this.#duration.observe(durationMs / 1_000);
    this.#restDuration?.observe(durationMs / 1_000);
  }

  watchOpened(): void {
    this.#watches?.add(1);
  }

  watchEnded(how: "timeout" | "broken" | "stopped"): void {
    this.#watches?.add(-1);
    const { resource } = this.#asked;
    this.#instruments.watchesEnded.inc(1, { component: this.#component, resource, how });
  }
}

type WatchBody = Extract<ResponseBody, { readonly kind: "watch" }>;

function countedWatch(body: WatchBody, route: Route): WatchBody {
  return {
    kind: "watch",
    open(sink) {
      const counted = new CountedSink(sink, route);
      const handle = body.open(counted);
      return {
        stop() {
          counted.end("stopped");
          handle.stop();
        },
      };
    },
  };
}

/** A class, since a fleet has tens of thousands of them. */
class CountedSink implements WatchSink {
  readonly #sink: WatchSink;
  readonly #route: Route;
  #isOver = false;

  constructor(sink: WatchSink, route: Route) {
    this.#sink = sink;
    this.#route = route;
    route.watchOpened();
  }

  events(batch: Parameters<WatchSink["events"]>[0]): void {
    this.#sink.events(batch);
  }

  closed(error?: unknown): void {
    this.end(error === undefined ? "timeout" : "broken");
    this.#sink.closed(error);
  }

  end(how: "timeout" | "broken" | "stopped"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#route.watchEnded(how);
  }
}

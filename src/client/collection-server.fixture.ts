import type { ApiResponse, HttpMethod } from "../k8s/transport.ts";
import { encodeWatchEvent } from "../k8s/watch-frames.ts";
import type { FakeCollection } from "./fake-collection.fixture.ts";
import type { TestCertificate } from "./test-certificates.fixture.ts";
import { startTestServer, type TestRequest, type TestServer } from "./test-server.fixture.ts";

/** What a server does to a request before it answers it; true if that was all. */
export type Fault = (request: TestRequest) => boolean;

/** A collection behind a server of HTTP/2, with the faults of a network and of an API server. */
export interface CollectionServer extends AsyncDisposable {
  readonly server: TestServer;
  /** Applied to each request. */
  fault: Fault | undefined;
  /** How many requests came. */
  readonly requests: number;
  /** Answers a request that a fault has kept back. */
  answer(request: TestRequest): void;
}

export async function startCollectionServer(
  certificate: TestCertificate,
  collection: FakeCollection,
): Promise<CollectionServer> {
  let requests = 0;
  const server = await startTestServer(certificate, (request) => {
    requests += 1;
    if (served.fault?.(request) !== true) void answerFrom(collection, request);
  });
  const served: CollectionServer = {
    server,
    fault: undefined,
    get requests() {
      return requests;
    },
    answer: (request) => void answerFrom(collection, request),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return served;
}

async function answerFrom(collection: FakeCollection, request: TestRequest): Promise<void> {
  const { stream } = request;
  const url = new URL(request.path, "https://server");
  const response = await collection.transport({
    method: request.method as HttpMethod,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
  });
  stream.respond({ ":status": response.status, "content-type": "application/json" });
  if (response.body.kind === "watch") writeWatch(request, response);
  else if (response.body.kind === "object") stream.end(JSON.stringify(response.body.value));
}

function writeWatch({ stream }: TestRequest, { body }: ApiResponse): void {
  if (body.kind !== "watch") return;
  const handle = body.open({
    events(batch) {
      for (const event of batch) if (stream.writable) stream.write(encodeWatchEvent(event));
    },
    closed: () => stream.end(),
  });
  stream.on("close", () => handle.stop());
}

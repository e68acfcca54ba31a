import { constants, createGzip } from "node:zlib";
import type { ApiRequest, ApiResponse } from "../../k8s/transport.ts";
import { encodeObject, encodingFor } from "./encode-body.ts";
import type { HttpResponse } from "./http-types.ts";

/** Answers of this size and above are compressed, when the client can read that. */
const gzipMinBytes = 128 * 1024;

/** Writes an answer that is not a watch. Resolves when it is written or the client has gone. */
export async function writeResponse(
  request: ApiRequest,
  response: ApiResponse,
  to: HttpResponse,
): Promise<void> {
  const { body, status, headers } = response;
  switch (body.kind) {
    case "none":
      to.writeHead(status, headers);
      to.end();
      return;
    case "bytes":
      await writePieces(request, response, [body.bytes][Symbol.iterator](), to);
      return;
    case "object": {
      const encoding = encodingFor(request, headers["content-type"] ?? "");
      await writePieces(request, response, encodeObject(body.value, encoding), to);
      return;
    }
    case "stream":
      to.writeHead(status, headers);
      for await (const chunk of body.chunks) await writeChunk(to, chunk);
      to.end();
      return;
    case "watch":
      throw new Error("a watch is written by its own writer");
  }
}

/** A single piece goes out with its length; it is known early if the answer has more than one. */
async function writePieces(
  { headers: asked }: ApiRequest,
  { status, headers }: ApiResponse,
  pieces: Iterator<Uint8Array>,
  to: HttpResponse,
): Promise<void> {
  const first = pieces.next();
  if (first.done === true) return;
  let second = pieces.next();
  const isLarge = first.value.length >= gzipMinBytes || second.done !== true;
  const mayGzip = /\bgzip\b/.test(asked?.["accept-encoding"] ?? "");
  if (!isLarge || !mayGzip) {
    const length = second.done === true ? { "content-length": String(first.value.length) } : {};
    to.writeHead(status, { ...headers, ...length });
    if (second.done === true) {
      to.end(first.value);
      return;
    }
    await writeChunk(to, first.value);
    for (; second.done !== true; second = pieces.next()) await writeChunk(to, second.value);
    to.end();
    return;
  }
  to.writeHead(status, { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" });
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  gzip.pipe(to);
  await writeChunk(gzip, first.value);
  for (; second.done !== true; second = pieces.next()) await writeChunk(gzip, second.value);
  gzip.end();
}

interface ChunkWriter {
  write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  readonly destroyed?: boolean;
}

/** Resolves when the chunk has been taken over, or there is nobody left to take it. */
function writeChunk(to: ChunkWriter, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (to.destroyed === true) resolve();
    else to.write(chunk, () => resolve());
  });
}

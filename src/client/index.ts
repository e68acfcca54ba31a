export { type ClientOptions, createClient } from "./api-client.ts";
export type {
  Client,
  DeleteOptions,
  ListOptions,
  ObjectRef,
  PatchType,
  RequestOptions,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
} from "./event-recorder.ts";
export { createTokenBucket, type TokenBucket, type TokenBucketOptions } from "./flow-control.ts";
export { createHttp2Transport } from "./http2-transport.ts";
export { createInformer } from "./informer.ts";
export type { Indexer, Informer, InformerHandler, InformerOptions } from "./informer-types.ts";
export { type ReflectorOptions, type ReflectorStore, runReflector } from "./reflector.ts";

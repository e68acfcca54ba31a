export { type ClientOptions, createClient } from "./api-client.ts";
export type {
  Client,
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectRef,
  PatchType,
  RequestOptions,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
export type { ComponentAccess } from "./component-access.ts";
export { type ComponentClientOptions, createComponentClient } from "./component-client.ts";
export type { Impersonation, ServerConnection, TlsOptions } from "./connection.ts";
export type { ContentType } from "./content-type.ts";
export type { ClientCertificate, Credentials } from "./credentials.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
} from "./event-recorder.ts";
export { createTokenBucket, type TokenBucket, type TokenBucketOptions } from "./flow-control.ts";
export type { ConnectionObserver } from "./http2-pool.ts";
export { createHttp2Transport, type Http2TransportOptions } from "./http2-transport.ts";
export { createInformer } from "./informer.ts";
export type { Indexer, Informer, InformerHandler, InformerOptions } from "./informer-types.ts";
export { type ClusterConnection, type KubeconfigOptions, loadKubeconfig } from "./kubeconfig.ts";
export { KubeconfigError } from "./kubeconfig-error.ts";
export {
  addToKubeconfigFile,
  type KubeconfigEntry,
  removeFromKubeconfigFile,
} from "./kubeconfig-file.ts";
export { type ReflectorOptions, type ReflectorStore, runReflector } from "./reflector.ts";
export { type RetryOptions, withRetryAfter } from "./retry.ts";
export { basicAuth, bearerToken } from "./token-credentials.ts";
export {
  createTransports,
  type TransportIdentity,
  type Transports,
  type TransportsOptions,
} from "./transports.ts";

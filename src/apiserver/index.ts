export { type ApiServer, type ApiServerOptions, createApiServer } from "./api-server.ts";
export {
  adminUser,
  type ClusterCertificates,
  type ClusterCertificatesOptions,
  createClusterCertificates,
} from "./certificates/cluster-certificates.ts";
export type { KeyPair } from "./certificates/x509.ts";
export {
  ListenError,
  type ListenErrorReason,
  type Listener,
  type ListenerOptions,
  startListener,
} from "./listener/listener.ts";
export type { AdvertisedEndpoint } from "./own-endpoints.ts";

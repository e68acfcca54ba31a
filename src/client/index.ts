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
export type { Indexer, Informer, InformerHandler, InformerOptions } from "./informer-types.ts";

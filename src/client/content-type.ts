/** What the bodies of requests are, and which answers are asked for. */
export type ContentType = "application/json" | "application/vnd.kubernetes.protobuf";

const protobufType = "application/vnd.kubernetes.protobuf";

/** Whether a `content-type` is Kubernetes' protobuf, also that of a watch. */
export function isProtobuf(contentType: string | undefined): boolean {
  return contentType?.startsWith(protobufType) === true;
}

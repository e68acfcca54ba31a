/** What names an object within its resource. */
export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `namespace/name`, or `name` for what has no namespace: client-go's MetaNamespaceKeyFunc. */
export function objectKey({ namespace, name }: ObjectName): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** Undoes `objectKey`. Names never hold a slash. */
export function splitObjectKey(key: string): {
  readonly namespace?: string;
  readonly name: string;
} {
  const slash = key.indexOf("/");
  if (slash < 0) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** A kubeconfig that cannot be used. The message is one line: the file, the place in it, what is expected. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

/** Why a file could not be read or written, in words. */
export function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

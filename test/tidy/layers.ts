import { posix } from "node:path";
import type { SourceFile } from "./source-files.ts";

/** What each folder of `src/` may import. Folders that are absent may import anything. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  k8s: ["base"],
  measure: ["base", "k8s"],
  client: ["base", "k8s"],
  apiserver: ["base", "k8s"],
  kubelet: ["base", "k8s", "client"],
  proxy: ["base", "k8s", "client"],
  fleet: ["base", "k8s", "client", "kubelet", "proxy"],
  controllers: ["base", "k8s", "client"],
  scheduler: ["base", "k8s", "client"],
  cluster: [
    "base",
    "k8s",
    "measure",
    "client",
    "apiserver",
    "kubelet",
    "proxy",
    "fleet",
    "controllers",
    "scheduler",
  ],
};

/** The folders whose files are imported one by one; every other has its `index.ts` as its only face. */
const openFolders: readonly string[] = ["base", "k8s"];

/** What in the imports of a file breaks the layers, a sentence each. Tests may import anything. */
export function layerBreaches(file: SourceFile): readonly string[] {
  if (/\.(?:test|contract|fixture)\.ts$/.test(file.path)) return [];
  const from = folderOf(file.path);
  const breaches: string[] = [];
  for (const specifier of file.imports) {
    if (!specifier.startsWith(".")) continue;
    const target = posix.join(posix.dirname(file.path), specifier);
    const to = folderOf(target);
    if (to === from) continue;
    const allowed = from === undefined ? undefined : layers[from];
    if (allowed !== undefined && (to === undefined || !allowed.includes(to))) {
      breaches.push(
        `${file.path} imports ${target}: ${from} may import ${allowed.join(", ") || "nothing"}`,
      );
    } else if (
      to !== undefined &&
      !openFolders.includes(to) &&
      !target.endsWith(`/${to}/index.ts`)
    ) {
      breaches.push(`${file.path} imports ${target}: import src/${to}/index.ts instead`);
    }
  }
  return breaches;
}

/** `client` of `src/client/retry.ts`; undefined for a file directly in `src/` or outside. */
function folderOf(path: string): string | undefined {
  const [root, folder, ...rest] = path.split("/");
  return root === "src" && rest.length > 0 ? folder : undefined;
}

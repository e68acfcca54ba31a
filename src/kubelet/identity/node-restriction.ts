/** Labels of the kubernetes.io namespaces that a node may give itself. */
const allowedLabels: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
]);
const allowedNamespaces = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const restrictedNamespaces = ["kubernetes.io", "k8s.io"];

/**
 * Which of these labels a node that acts under its own name may not have: the admission plugin
 * NodeRestriction refuses to register it, and a kubelet refuses to start with them
 * (`pkg/apis/core/helper` `kubeletapis.IsKubeletLabel`, `plugin/pkg/admission/noderestriction`).
 */
export function restrictedNodeLabels(keys: Iterable<string>): readonly string[] {
  return [...keys].filter((key) => {
    const slash = key.indexOf("/");
    const namespace = slash < 0 ? "" : key.slice(0, slash);
    if (!isWithin(namespace, restrictedNamespaces)) return false;
    return !allowedLabels.has(key) && !isWithin(namespace, allowedNamespaces);
  });
}

function isWithin(namespace: string, parents: readonly string[]): boolean {
  return parents.some((parent) => namespace === parent || namespace.endsWith(`.${parent}`));
}

import type { JsonObject } from "../../k8s/json.ts";
import { numberAt, objectAt, objectsAt, stringAt, stringsAt } from "../../k8s/json-fields.ts";
import {
  ageColumn,
  column,
  formatLabels,
  formatSelector,
  listWithMore,
  nameColumn,
  printerOfColumns,
} from "./columns.ts";
import type { TablePrinter } from "./printer.ts";

const shownMax = 3;

function loadBalancerOf(object: JsonObject): readonly string[] {
  const ingress = objectsAt(objectAt(object, "status", "loadBalancer"), "ingress");
  const names = ingress.map((point) => stringAt(point, "ip") || stringAt(point, "hostname"));
  return [...new Set(names.filter((name) => name !== ""))].sort();
}

function externalIpOf(service: JsonObject): string {
  const spec = objectAt(service, "spec");
  const addresses = stringsAt(spec, "externalIPs");
  switch (spec["type"]) {
    case "ClusterIP":
    case "NodePort":
      return addresses.join(",") || "<none>";
    case "LoadBalancer":
      return [...loadBalancerOf(service), ...addresses].join(",") || "<pending>";
    case "ExternalName":
      return stringAt(spec, "externalName");
    default:
      return "<unknown>";
  }
}

function portsOf(service: JsonObject): string {
  const texts = objectsAt(objectAt(service, "spec"), "ports").map((port) => {
    const nodePort = numberAt(port, "nodePort") ?? 0;
    const number = String(numberAt(port, "port") ?? 0);
    return `${nodePort > 0 ? `${number}:${nodePort}` : number}/${stringAt(port, "protocol")}`;
  });
  return texts.join(",") || "<none>";
}

export const servicePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Type", "How the service is reached.", (object) =>
    stringAt(objectAt(object, "spec"), "type"),
  ),
  column("Cluster-IP", "Address within the cluster.", (object) => {
    const [first = "<none>"] = stringsAt(objectAt(object, "spec"), "clusterIPs");
    return first;
  }),
  column("External-IP", "Addresses outside.", externalIpOf),
  column("Port(s)", "Ports and protocols.", portsOf),
  ageColumn,
  column(
    "Selector",
    "Labels of the pods.",
    (object) => formatLabels(objectAt(object, "spec", "selector")),
    {
      wide: true,
    },
  ),
);

function endpointsOf(object: JsonObject): string {
  const list: string[] = [];
  for (const subset of objectsAt(object, "subsets")) {
    const addresses = objectsAt(subset, "addresses").map((address) => stringAt(address, "ip"));
    const ports = objectsAt(subset, "ports");
    // A headless service may have no ports.
    if (ports.length === 0) list.push(...addresses);
    for (const port of ports) {
      const number = numberAt(port, "port") ?? 0;
      list.push(
        ...addresses.map((ip) => (ip.includes(":") ? `[${ip}]:${number}` : `${ip}:${number}`)),
      );
    }
  }
  return listWithMore(list, shownMax);
}

export const endpointsPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Endpoints", "Addresses that are ready.", endpointsOf),
  ageColumn,
);

export const endpointSlicePrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("AddressType", "Kind of the addresses.", (object) => stringAt(object, "addressType")),
  column("Ports", "Ports of the endpoints.", (object) =>
    unsetIfEmpty(
      objectsAt(object, "ports").map((port) => String(port["port"] ?? port["name"] ?? "*")),
    ),
  ),
  column("Endpoints", "Addresses of the endpoints.", (object) =>
    unsetIfEmpty(
      objectsAt(object, "endpoints").flatMap((endpoint) => stringsAt(endpoint, "addresses")),
    ),
  ),
  ageColumn,
);

function unsetIfEmpty(list: readonly string[]): string {
  return list.length === 0 ? "<unset>" : listWithMore(list, shownMax);
}

function hostsOf(ingress: JsonObject): string {
  const rules = objectsAt(objectAt(ingress, "spec"), "rules");
  const hosts = rules.map((rule) => stringAt(rule, "host")).filter((host) => host !== "");
  if (hosts.length === 0) return "*";
  // Upstream counts the rules that follow, with a host or without.
  return hosts.length > shownMax || (hosts.length === shownMax && rules.length > shownMax)
    ? `${hosts.slice(0, shownMax).join(",")} + ${rules.length - shownMax} more...`
    : hosts.join(",");
}

export const ingressPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column(
    "Class",
    "IngressClass that serves it.",
    (object) => stringAt(objectAt(object, "spec"), "ingressClassName") || "<none>",
  ),
  column("Hosts", "Hosts that it answers for.", hostsOf),
  column("Address", "Where it is reached.", (object) => loadBalancerOf(object).join(",")),
  column("Ports", "Ports that are open.", (object) =>
    objectsAt(objectAt(object, "spec"), "tls").length === 0 ? "80" : "80, 443",
  ),
  ageColumn,
);

export const ingressClassPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Controller", "Controller of the class.", (object) =>
    stringAt(objectAt(object, "spec"), "controller"),
  ),
  column("Parameters", "Object with more settings.", (object) => {
    const parameters = objectAt(object, "spec", "parameters");
    const kind = stringAt(parameters, "kind");
    const group = stringAt(parameters, "apiGroup");
    if (kind === "") return "<none>";
    return `${group === "" ? kind : `${kind}.${group}`}/${stringAt(parameters, "name")}`;
  }),
  ageColumn,
);

export const networkPolicyPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("Pod-Selector", "Labels of the pods that it is for.", (object) =>
    formatSelector(objectAt(object, "spec", "podSelector")),
  ),
  ageColumn,
);

export const serviceCidrPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("CIDRs", "Ranges of cluster IPs.", (object) =>
    stringsAt(objectAt(object, "spec"), "cidrs").join(","),
  ),
  ageColumn,
);

export const ipAddressPrinter: TablePrinter = printerOfColumns(
  nameColumn,
  column("ParentRef", "Object that holds the address.", (object) => {
    const parent = objectAt(object, "spec", "parentRef");
    const name = stringAt(parent, "name");
    if (name === "") return "<none>";
    const group = stringAt(parent, "group");
    const resource = stringAt(parent, "resource");
    const type = group === "" ? resource : `${resource}.${group}`;
    const namespace = stringAt(parent, "namespace");
    return [type.toLowerCase(), namespace, name].filter((part) => part !== "").join("/");
  }),
  ageColumn,
);

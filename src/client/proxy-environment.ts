import { BlockList, isIP } from "node:net";

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment asks for, as Go's `http.ProxyFromEnvironment` reads it:
 * `HTTPS_PROXY` or `HTTP_PROXY` by the server's scheme, `NO_PROXY`, and none for this machine.
 */
export function proxyFromEnvironment(server: string, variables: Variables): string | undefined {
  if (!URL.canParse(server)) return undefined;
  const { protocol, hostname, port } = new URL(server);
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = variables[name] || variables[name.toLowerCase()];
  if (!proxy) return undefined;
  const host = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const toPort = port || (protocol === "https:" ? "443" : "80");
  const exceptions = variables["NO_PROXY"] || variables["no_proxy"] || "";
  if (isThisMachine(host) || isExcepted(host, toPort, exceptions)) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function isExcepted(host: string, port: string, exceptions: string): boolean {
  return exceptions
    .split(",")
    .map((exception) => exception.trim().toLowerCase())
    .some((exception) => exception !== "" && matches(host, port, exception));
}

function matches(host: string, port: string, exception: string): boolean {
  if (exception === "*") return true;
  if (exception.includes("/")) return isInNetwork(host, exception);
  if (isIP(exception) !== 0) return host === exception;
  const [name = "", onlyPort] = exception.split(":");
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(name) !== 0) return host === name;
  // `example.com` stands for itself and its subdomains, `.example.com` for the subdomains only.
  if (name.startsWith(".")) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
}

function isInNetwork(host: string, network: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(address, Number(prefix), type);
  return list.check(host, type);
}

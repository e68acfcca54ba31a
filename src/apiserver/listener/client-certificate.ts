import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../../k8s/transport.ts";
import type { HttpRequest } from "./http-types.ts";

/** Who a connection's client certificate says is there; looked at once a connection. */
export class ClientCertificates {
  readonly #users = new WeakMap<object, { readonly user: UserInfo | undefined }>();

  userOf(request: HttpRequest): UserInfo | undefined {
    const connection = connectionOf(request);
    const known = this.#users.get(connection.key);
    if (known !== undefined) return known.user;
    const user = userOfSocket(connection.socket);
    this.#users.set(connection.key, { user });
    return user;
  }
}

interface Connection {
  /** What stays the same for all requests of one connection. */
  readonly key: object;
  readonly socket: TLSSocket;
}

function connectionOf(request: HttpRequest): Connection {
  const session = "stream" in request ? request.stream.session : undefined;
  const socket = (session?.socket ?? request.socket) as TLSSocket;
  return { key: session ?? socket, socket };
}

/** The user is the common name and the groups are the organizations (`authentication/request/x509`). */
function userOfSocket(socket: TLSSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const { CN: name, O: organizations } = (subject ?? {}) as Readonly<
    Record<string, string | string[] | undefined>
  >;
  if (typeof name !== "string" || name === "") return undefined;
  const groups = typeof organizations === "string" ? [organizations] : (organizations ?? []);
  return { name, groups };
}

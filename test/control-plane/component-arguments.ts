/** The processes of a control plane, by the names of their commands. */
export type ComponentName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler";

/** Arguments after ours, by component; the last of a kind counts. */
export type ExtraArguments = Partial<Readonly<Record<ComponentName, readonly string[]>>>;

/**
 * What the audit log holds: "metadata" of all requests when they are complete, or "hollow": the
 * requests of the user hollow alone, with bodies, when their response starts (watches) and when
 * it is complete.
 */
export type AuditScope = "metadata" | "hollow";

/** Where the processes of one control plane listen. */
interface Ports {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** What all processes of one control plane share. */
export interface Layout {
  /** Folder of all its files. */
  readonly folder: string;
  /** Of kube-apiserver. */
  readonly url: string;
  readonly ports: Ports;
  /** Requests per second that controller-manager and scheduler may send; the burst is twice that. */
  readonly qps: number;
  /** Whether a controller-manager runs, which makes the ServiceAccounts that pods need. */
  readonly hasControllerManager: boolean;
  readonly hasScheduler: boolean;
  readonly audit: AuditScope | undefined;
  readonly extraArguments: ExtraArguments;
}

/** Files in the folder of a control plane. */
export const fileNames = {
  kubeconfig: "kubeconfig",
  hollowKubeconfig: "hollow.kubeconfig",
  tokens: "tokens.csv",
  serviceAccountKey: "service-account.key",
  auditPolicy: "audit-policy.yaml",
  auditLog: "audit.log",
  certificates: "certificates",
  /** The self-signed bundle that kube-apiserver writes: its certificate and the CA of it. */
  serverCertificate: "certificates/apiserver.crt",
} as const;

/** Apart from the nodes' pod ranges, which fill 10.0.0.0/8. */
const serviceRange = "172.30.0.0/16";

/** The arguments of a component. */
export function componentArguments(name: ComponentName, layout: Layout): readonly string[] {
  return [...argumentsOf[name](layout), ...(layout.extraArguments[name] ?? [])];
}

const argumentsOf: Readonly<Record<ComponentName, (layout: Layout) => readonly string[]>> = {
  etcd: etcdArguments,
  "kube-apiserver": apiServerArguments,
  "kube-controller-manager": controllerManagerArguments,
  "kube-scheduler": (layout) => clientArguments(layout, layout.ports.scheduler),
};

function etcdArguments({ folder, ports }: Layout): readonly string[] {
  const client = `http://127.0.0.1:${ports.etcdClient}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${folder}/etcd`,
    "--unsafe-no-fsync",
    "--log-level=warn",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

function apiServerArguments(layout: Layout): readonly string[] {
  const { folder, ports } = layout;
  const key = `${folder}/${fileNames.serviceAccountKey}`;
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${ports.apiServer}`,
    // Endpoints may not hold a loopback address, and a machine without a default route has no
    // other; this one is reserved for documentation (RFC 5737). Nothing connects to it.
    "--advertise-address=192.0.2.1",
    `--cert-dir=${folder}/${fileNames.certificates}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${folder}/${fileNames.tokens}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    ...(layout.hasControllerManager ? [] : ["--disable-admission-plugins=ServiceAccount"]),
    `--service-cluster-ip-range=${serviceRange}`,
    "--allow-privileged=true",
    ...(layout.audit === undefined
      ? []
      : [
          `--audit-policy-file=${folder}/${fileNames.auditPolicy}`,
          `--audit-log-path=${folder}/${fileNames.auditLog}`,
          // One file, however long: the default starts another after 100 MB.
          "--audit-log-maxsize=100000",
        ]),
  ];
}

function controllerManagerArguments(layout: Layout): readonly string[] {
  const { folder, ports } = layout;
  return [
    ...clientArguments(layout, ports.controllerManager),
    `--service-account-private-key-file=${folder}/${fileNames.serviceAccountKey}`,
    `--root-ca-file=${folder}/${fileNames.serverCertificate}`,
    `--service-cluster-ip-range=${serviceRange}`,
    // Room for 65,536 nodes.
    "--allocate-node-cidrs=true",
    "--cluster-cidr=10.0.0.0/8",
    "--node-cidr-mask-size=24",
  ];
}

function clientArguments({ folder, qps }: Layout, port: number): readonly string[] {
  return [
    `--kubeconfig=${folder}/${fileNames.kubeconfig}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--kube-api-qps=${qps}`,
    `--kube-api-burst=${2 * qps}`,
  ];
}

/** The users of the token file. */
export const tokens = {
  /** All rights. */
  admin: "admin-token",
  /** All rights too, but a name of its own in the audit log: for hollow nodes. */
  hollow: "hollow-token",
  /** A user who may not even create nodes. */
  "nobody-much": "nobody-much-token",
} as const;

/** The token file: token, user, uid, groups. */
export function tokenFile(): string {
  return [
    `${tokens.admin},admin,admin,"system:masters"`,
    `${tokens.hollow},hollow,hollow,"system:masters"`,
    `${tokens["nobody-much"]},nobody-much,nobody-much`,
    "",
  ].join("\n");
}

/** A kubeconfig with a context for each user of the token file, one of them current. */
export function kubeconfig(url: string, caFile: string, user: keyof typeof tokens): string {
  const names = Object.entries(tokens);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "real", cluster: { server: url, "certificate-authority": caFile } }],
    users: names.map(([name, token]) => ({ name, user: { token } })),
    contexts: names.map(([name]) => ({ name, context: { cluster: "real", user: name } })),
    "current-context": user,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** What is logged for each scope, one JSON object a line. */
export const auditPolicies: Readonly<Record<AuditScope, string>> = {
  metadata: auditPolicy([{ level: "Metadata", omitStages: ["ResponseStarted"] }]),
  hollow: auditPolicy([{ level: "RequestResponse", users: ["hollow"] }, { level: "None" }]),
};

function auditPolicy(rules: readonly object[]): string {
  return JSON.stringify({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules,
  });
}

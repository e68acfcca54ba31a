import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { generateKeys, keyPem, signCertificate } from "../../src/apiserver/certificates/x509.ts";
import { toTime } from "../../src/base/rfc3339.ts";
import {
  bearerToken,
  type Client,
  type ComponentAccess,
  createClient,
  createTransports,
  type Impersonation,
  loadKubeconfig,
  type ServerConnection,
  type Transports,
} from "../../src/client/index.ts";
import { createTempFolder, type TempFolder } from "../../src/client/temp-folder.fixture.ts";
import { certificateSigningRequests, nodes } from "../../src/k8s/resources.ts";
import { isApiError } from "../../src/k8s/status.ts";
import {
  bootstrapIdentity,
  createApprover,
  createNodeIdentity,
  restrictedNodeLabels,
} from "../../src/kubelet/index.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { clusterObjects, eventually } from "./cluster-objects.ts";
import { realEnv, requestsOf, startRealKubelet, startRealProxy } from "./hollow-pairs.ts";

const nodeName = "hollow-0";

/** Pods that mount all that a kubelet asks the API server for, behind a service. */
const workload = [
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { a: "1" } },
  { apiVersion: "v1", kind: "Secret", metadata: { name: "password" }, stringData: { a: "1" } },
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "disk" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteMany"],
      storageClassName: "none",
      hostPath: { path: "/tmp" },
    },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "claim" },
    spec: {
      accessModes: ["ReadWriteMany"],
      storageClassName: "none",
      volumeName: "disk",
      resources: { requests: { storage: "1Gi" } },
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "main",
              image: "nginx:1",
              volumeMounts: [{ name: "claim", mountPath: "/claim" }],
              envFrom: [
                { configMapRef: { name: "settings" } },
                { secretRef: { name: "password" } },
              ],
            },
          ],
          volumes: [
            { name: "settings", configMap: { name: "settings" } },
            { name: "claim", persistentVolumeClaim: { claimName: "claim" } },
          ],
        },
      },
    },
  },
];

async function runWorkload({ kubectl }: ControlPlane): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: workload };
  const applied = await kubectl(["create", "-f", "-"], JSON.stringify(list));
  expect(applied.code, applied.stderr).toBe(0);
  const rolledOut = await kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  expect(rolledOut.code, rolledOut.stderr).toBe(0);
  await kubectl(["scale", "deployment/web", "--replicas=1"]);
  await kubectl(["delete", "deployment/web", "--wait", "--cascade=foreground"]);
  await eventually("the pods are gone", async () => {
    const { stdout } = await kubectl(["get", "pods", "-o", "name"]);
    return stdout.trim() === "";
  });
}

function openAs(transports: Transports, impersonation: Impersonation): ComponentAccess {
  const transport = transports.open({ impersonation });
  return { transport, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

function refusals(requests: readonly string[]): readonly string[] {
  return requests.filter((line) => /40[13]$/.test(line));
}

test.each(["v1.31.0", "v1.34.4", "v1.36.3"] as const)(
  "on %s the Node authorizer and NodeRestriction let a node and its proxy do all that they do",
  async (version) => {
    await using plane = await startControlPlane({ version, audit: "metadata" });
    const path = plane.kubeconfigPath;
    const transports = createTransports(
      await loadKubeconfig({ path, variables: {} }, realEnv),
      realEnv,
    );
    const user = `system:node:${nodeName}`;
    const asNode = openAs(transports, { user, groups: ["system:nodes"] });
    const asProxy = openAs(transports, { user: "system:kube-proxy", groups: ["system:nodes"] });
    const kubelet = startRealKubelet(nodeName, version, asNode);
    await using proxy = startRealProxy(nodeName, version, asProxy);
    await eventually("the node is Ready", async () => kubelet.ready);
    await eventually("the proxy has rules", async () => proxy.synced);
    await eventually("the node has a Lease", async () =>
      (await clusterObjects(plane)).some((name) =>
        name.endsWith(`Lease/kube-node-lease/${nodeName}`),
      ),
    );
    await runWorkload(plane);
    await kubelet[Symbol.asyncDispose]();
    const again = openAs(transports, { user, groups: ["system:nodes"] });
    await using restarted = startRealKubelet(nodeName, version, again);
    await eventually("the node is Ready again", async () => restarted.ready);
    const byNode = await requestsOf(plane, /^system:node:/);
    expect(refusals(byNode)).toEqual([]);
    // It has done what the plugins look at.
    expect(byNode).toEqual(
      expect.arrayContaining([
        "create v1/nodes 201",
        `patch v1/nodes/${nodeName}/status 200`,
        expect.stringMatching(/^create coordination.k8s.io.*\/leases 201$/),
        expect.stringMatching(/^create storage.k8s.io.*\/csinodes 201$/),
        "create v1/namespaces/default/serviceaccounts/default/token 201",
        "watch v1/namespaces/default/configmaps 200",
        "watch v1/namespaces/default/secrets 200",
        "get v1/namespaces/default/persistentvolumeclaims/claim 200",
        "get v1/persistentvolumes/disk 200",
        "create v1/namespaces/default/events 201",
      ]),
    );
    expect(refusals(await requestsOf(plane, /^system:kube-proxy$/))).toEqual([]);
  },
);

test("NodeRestriction refuses the labels that are known to be refused", async () => {
  await using plane = await startControlPlane({
    version: "v1.34.4",
    controllerManager: false,
    scheduler: false,
  });
  const path = plane.kubeconfigPath;
  const transports = createTransports(
    await loadKubeconfig({ path, variables: {} }, realEnv),
    realEnv,
  );
  const user = `system:node:${nodeName}`;
  await using access = openAs(transports, { user, groups: ["system:nodes"] });
  const client = createClient(access);
  const keys = [
    "hollow-node",
    "hollowmark/fleet",
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "node.kubernetes.io/pool",
    "my.node.kubernetes.io/pool",
    "kubelet.kubernetes.io/a",
    "node-role.kubernetes.io/worker",
    "node-restriction.kubernetes.io/tenant",
    "kubernetes.io/role",
    "k8s.io/a",
    "cloud.k8s.io/a",
  ];
  const refused: string[] = [];
  for (const key of keys) {
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: nodeName, labels: { [key]: "" } },
    };
    try {
      await client.create(nodes, node, { dryRun: "All" });
    } catch (error) {
      if (!isApiError(error, "Forbidden")) throw error;
      refused.push(key);
    }
  }
  expect(refused).toEqual(restrictedNodeLabels(keys));
});

interface Authority {
  readonly caPath: string;
  readonly keyPath: string;
}

async function createAuthority(folder: TempFolder): Promise<Authority> {
  const keys = generateKeys();
  const subject = { commonName: "test-ca", organizations: [] };
  const nowMs = realEnv.clock.nowMs();
  const pem = signCertificate(
    {
      subject,
      publicKey: keys.publicKey,
      use: { kind: "ca" },
      serial: Buffer.from([1]),
      notBefore: toTime(nowMs - 3_600_000),
      notAfter: toTime(nowMs + 86_400_000),
    },
    { subject, ...keys },
  );
  return {
    caPath: await folder.write("ca.crt", pem),
    keyPath: await folder.write("ca.key", keyPem(keys.privateKey)),
  };
}

/** A control plane that signs the certificates of kubelets, and lets `nobody-much` ask for them. */
async function startSigningPlane(folder: TempFolder, isApproved: boolean): Promise<ControlPlane> {
  const { caPath, keyPath } = await createAuthority(folder);
  const plane = await startControlPlane({
    version: "v1.34.4",
    audit: "metadata",
    scheduler: false,
    extraArguments: {
      "kube-apiserver": [`--client-ca-file=${caPath}`],
      "kube-controller-manager": [
        `--cluster-signing-cert-file=${caPath}`,
        `--cluster-signing-key-file=${keyPath}`,
      ],
    },
  });
  // The bindings that kubeadm makes.
  const approving = "system:certificates.k8s.io:certificatesigningrequests";
  const bindings = [
    ["system:node-bootstrapper", "--user=nobody-much"],
    ...(isApproved
      ? [
          [`${approving}:nodeclient`, "--user=nobody-much"],
          [`${approving}:selfnodeclient`, "--group=system:nodes"],
        ]
      : []),
  ];
  for (const [index, [role = "", whom = ""]] of bindings.entries()) {
    const args = ["create", "clusterrolebinding", `bootstrap-${index}`];
    const { code, stderr } = await plane.kubectl([...args, `--clusterrole=${role}`, whom]);
    expect(code, stderr).toBe(0);
  }
  return plane;
}

function clientOf(connection: ServerConnection, token: string): Client & AsyncDisposable {
  const transports = createTransports({ ...connection, credentials: bearerToken(token) }, realEnv);
  const transport = transports.open();
  const client = createClient({ transport, userAgent: "test" });
  return { ...client, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

test.each([
  // There the fleet tries too, and may not.
  { name: "that its controller manager approves", isApproved: true },
  { name: "that the fleet approves", isApproved: false },
])("a node joins by a certificate $name, and lives by it", async ({ isApproved }) => {
  await using folder = await createTempFolder();
  await using plane = await startSigningPlane(folder, isApproved);
  const path = plane.kubeconfigPath;
  const connection = await loadKubeconfig({ path, variables: {} }, realEnv);
  await using client = clientOf(connection, "nobody-much-token");
  await using admin = clientOf(connection, plane.adminToken);
  const approver = createApprover(isApproved ? client : admin, realEnv);
  const certificate = await bootstrapIdentity(
    { nodeName, client, approver },
    realEnv,
    AbortSignal.timeout(60_000),
  );
  expect(new X509Certificate(certificate.certPem).subject).toBe(
    `O=system:nodes\nCN=system:node:${nodeName}`,
  );
  const [request] = (await admin.list(certificateSigningRequests)).items;
  const reason = isApproved ? "AutoApproved" : "HollowmarkApproved";
  expect(request?.status?.conditions).toMatchObject([{ type: "Approved", reason }]);

  const { credentials: _, ...anonymous } = connection;
  const transports = createTransports(anonymous, realEnv);
  // The life that is left of it makes it due at once: it is renewed with its own rights.
  const renewedLately = { ...certificate, notBeforeMs: 0, notAfterMs: realEnv.clock.nowMs() };
  const opened: string[] = [];
  const access = createNodeIdentity(
    {
      nodeName,
      certificate: renewedLately,
      userAgent: "kubelet",
      approver,
      open({ certPem, keyPem: key }) {
        opened.push(certPem);
        return transports.open({ certificate: { cert: certPem, key } });
      },
    },
    realEnv,
  );
  await using kubelet = startRealKubelet(nodeName, "v1.34.4", access);
  await eventually("the certificate is renewed", async () => opened.length === 2);
  await eventually("the node is Ready", async () => kubelet.ready);
  expect(opened[1]).not.toBe(opened[0]);
  expect(await clusterObjects(plane)).toContain(`Node//${nodeName}`);
  expect(refusals(await requestsOf(plane, /^system:node:/))).toEqual([]);
});

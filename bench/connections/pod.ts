/** A pod as a kubelet gets it: bound by the scheduler, with a token, defaults and managed fields. */
export function podOf(index: number): object {
  const name = `web-6d4cf56db6-${index.toString(36).padStart(5, "0")}`;
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      generateName: "web-6d4cf56db6-",
      namespace: "default",
      uid: `0cbca65a-5b4c-4fd1-b6c1-${index.toString(16).padStart(12, "0")}`,
      resourceVersion: String(1_000_000 + index),
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { app: "web", "pod-template-hash": "6d4cf56db6" },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: "web-6d4cf56db6",
          uid: "9f3ad1de-0cf6-4b4f-8b2b-1f6f2a1f9d11",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        {
          manager: "kube-controller-manager",
          operation: "Update",
          apiVersion: "v1",
          time: "2026-01-01T00:00:00Z",
          fieldsType: "FieldsV1",
          fieldsV1: fieldsOf(["f:metadata", "f:labels", "f:spec", "f:containers", "f:image"]),
        },
      ],
    },
    spec: specOf(index),
    status: {
      phase: "Running",
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: "True",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      })),
      hostIP: "10.0.0.1",
      podIP: "10.1.2.3",
      podIPs: [{ ip: "10.1.2.3" }],
      startTime: "2026-01-01T00:00:00Z",
      qosClass: "Burstable",
    },
  };
}

function specOf(index: number): object {
  return {
    volumes: [
      {
        name: "kube-api-access-x7x2p",
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
            {
              configMap: {
                name: "kube-root-ca.crt",
                items: [{ key: "ca.crt", path: "ca.crt" }],
              },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers: [
      {
        name: "web",
        image: "registry.k8s.io/pause:3.10",
        ports: [{ containerPort: 80, protocol: "TCP" }],
        resources: { requests: { cpu: "10m", memory: "16Mi" } },
        volumeMounts: [
          {
            name: "kube-api-access-x7x2p",
            readOnly: true,
            mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
          },
        ],
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        imagePullPolicy: "IfNotPresent",
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    serviceAccountName: "default",
    serviceAccount: "default",
    nodeName: `hollow-${index}`,
    securityContext: {},
    schedulerName: "default-scheduler",
    tolerations: ["not-ready", "unreachable"].map((taint) => ({
      key: `node.kubernetes.io/${taint}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: "PreemptLowerPriority",
  };
}

function fieldsOf(path: readonly string[]): object {
  return path.reduceRight<object>((inner, name) => ({ ".": {}, [name]: inner }), {});
}

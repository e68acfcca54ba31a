/** A body that kubectl 1.32.4 sent, and what it says. */
export interface KubectlBody {
  readonly command: string;
  readonly base64: string;
  readonly object: object;
}

export const kubectlBodies: readonly KubectlBody[] = [
  {
    command: "kubectl -n s1 create deployment web --image=nginx --replicas=3 --port=80",
    base64:
      "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EroBCiEKA3dlYhIAGgJzMSIAKgAyADgAQgBaCgoDYXBwEgN3ZWIShgEIAxIMCgoKA2FwcBIDd2ViGmwKHAoAEgAaACIAKgAyADgAQgBaCgoDYXBwEgN3ZWISTBIuCgVuZ2lueBIFbmdpbngqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==",
    object: {
      kind: "Deployment",
      apiVersion: "apps/v1",
      metadata: { name: "web", namespace: "s1", labels: { app: "web" } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            containers: [
              { name: "nginx", image: "nginx", ports: [{ containerPort: 80 }], resources: {} },
            ],
          },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    command: "kubectl -n s1 create configmap cm --from-literal=a=b --from-file=s1-bin",
    base64:
      "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEi8KFAoCY20SABoCczEiACoAMgA4AEIAEgYKAWESAWIaDwoGczEtYmluEgVoaQoA/xoAIgA=",
    object: {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "cm", namespace: "s1" },
      data: { a: "b" },
      binaryData: { "s1-bin": "aGkKAP8=" },
    },
  },
  {
    command: "kubectl -n s1 create cronjob cj --image=busybox --schedule='*/5 * * * *' -- date",
    base64:
      "azhzAAoTCghiYXRjaC92MRIHQ3JvbkpvYhKmAQoUCgJjahIAGgJzMSIAKgAyADgAQgASiwEKCyovNSAqICogKiAqGgAqegoSCgJjahIAGgAiACoAMgA4AEIAEmQyYgoQCgASABoAIgAqADIAOABCABJOEicKAmNqEgdidXN5Ym94GgRkYXRlKgBCAGoAcgCAAQCIAQCQAQCiAQAaCU9uRmFpbHVyZTIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAGgAaACIA",
    object: {
      kind: "CronJob",
      apiVersion: "batch/v1",
      metadata: { name: "cj", namespace: "s1" },
      spec: {
        schedule: "*/5 * * * *",
        jobTemplate: {
          metadata: { name: "cj" },
          spec: {
            template: {
              metadata: {},
              spec: {
                containers: [{ name: "cj", image: "busybox", command: ["date"], resources: {} }],
                restartPolicy: "OnFailure",
              },
            },
          },
        },
      },
      status: {},
    },
  },
  {
    command: "kubectl -n s1 create quota q --hard=cpu=1500m,memory=2Gi",
    base64:
      "azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI6ChMKAXESABoCczEiACoAMgA4AEIAEiEKDgoDY3B1EgcKBTE1MDBtCg8KBm1lbW9yeRIFCgMyR2kaABoAIgA=",
    object: {
      kind: "ResourceQuota",
      apiVersion: "v1",
      metadata: { name: "q", namespace: "s1" },
      spec: { hard: { cpu: "1500m", memory: "2Gi" } },
      status: {},
    },
  },
  {
    command: "kubectl -n s1 create ingress ing --rule='a.example/x*=svc:8080,tls=t'",
    base64:
      "azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJcChUKA2luZxIAGgJzMSIAKgAyADgAQgASPxIOCglhLmV4YW1wbGUSAXQaLQoJYS5leGFtcGxlEiAKHgocCgIveBIOIgwKA3N2YxIFCgAQkD8aBlByZWZpeBoCCgAaACIA",
    object: {
      kind: "Ingress",
      apiVersion: "networking.k8s.io/v1",
      metadata: { name: "ing", namespace: "s1" },
      spec: {
        tls: [{ hosts: ["a.example"], secretName: "t" }],
        rules: [
          {
            host: "a.example",
            http: {
              paths: [
                {
                  path: "/x",
                  backend: { service: { name: "svc", port: { number: 8080 } } },
                  pathType: "Prefix",
                },
              ],
            },
          },
        ],
      },
      status: { loadBalancer: {} },
    },
  },
  {
    command: "kubectl -n s1 create pdb p --selector=app=web --min-available=50%",
    base64:
      "azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSPAoTCgFwEgAaAnMxIgAqADIAOABCABIZCgkIARAAGgM1MCUSDAoKCgNhcHASA3dlYhoKCAAYACAAKAAwABoAIgA=",
    object: {
      kind: "PodDisruptionBudget",
      apiVersion: "policy/v1",
      metadata: { name: "p", namespace: "s1" },
      spec: { minAvailable: "50%", selector: { matchLabels: { app: "web" } } },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    },
  },
  {
    command: "kubectl -n s1 create token sa --duration=1h",
    base64:
      "azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBIdChAKABIAGgAiACoAMgA4AEIAEgMgkBwaBAoAEgAaACIA",
    object: {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: {},
      spec: { expirationSeconds: 3600 },
      status: { token: "" },
    },
  },
  {
    command: "kubectl -n s1 create service clusterip svc --tcp=80:8080",
    base64:
      "azhzAAoNCgJ2MRIHU2VydmljZRJrCiEKA3N2YxIAGgJzMSIAKgAyADgAQgBaCgoDYXBwEgNzdmMSQgobCgc4MC04MDgwEgNUQ1AYUCIHCAAQkD8aACgAEgoKA2FwcBIDc3ZjGgAiCUNsdXN0ZXJJUDoAQgBSAFoAYABoABoCCgAaACIA",
    object: {
      kind: "Service",
      apiVersion: "v1",
      metadata: { name: "svc", namespace: "s1", labels: { app: "svc" } },
      spec: {
        ports: [{ name: "80-8080", protocol: "TCP", port: 80, targetPort: 8080 }],
        selector: { app: "svc" },
        type: "ClusterIP",
      },
      status: { loadBalancer: {} },
    },
  },
  {
    command: "kubectl -n s1 auth can-i get pods",
    base64:
      "azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSNwoQCgASABoAIgAqADIAOABCABIZChcKAnMxEgNnZXQaACIAKgRwb2RzMgA6ABoICAASABoAIAAaACIA",
    object: {
      kind: "SelfSubjectAccessReview",
      apiVersion: "authorization.k8s.io/v1",
      metadata: {},
      spec: { resourceAttributes: { namespace: "s1", verb: "get", resource: "pods" } },
      status: { allowed: false },
    },
  },
];

/** The names that the objects of the scenario bear. */
export const names = { app: "web", settings: "settings", password: "password" } as const;

/** The config map and the secret that every pod mounts, and the Service in front of the pods. */
export const surroundings: string = list([
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: names.settings },
    data: { greeting: "hello" },
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: names.password },
    stringData: { password: "not so secret" },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: names.app },
    spec: { selector: { app: names.app }, ports: [{ port: 80 }] },
  },
]);

/** A Deployment of pods with a service account token, as by default, and two volumes. */
export function deployment(replicas: number): string {
  const labels = { app: names.app };
  return list([
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: names.app },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: "main",
                image: "nginx:1.27",
                volumeMounts: [
                  { name: "settings", mountPath: "/settings" },
                  { name: "password", mountPath: "/password" },
                ],
              },
            ],
            volumes: [
              { name: "settings", configMap: { name: names.settings } },
              { name: "password", secret: { secretName: names.password } },
            ],
          },
        },
      },
    },
  ]);
}

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

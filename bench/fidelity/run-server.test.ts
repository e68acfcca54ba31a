import { expect, test } from "vitest";
import { moreWatches, parseOpenWatches } from "./run-server.ts";

const metrics = `# TYPE apiserver_longrunning_requests gauge
apiserver_longrunning_requests{component="apiserver",group="",resource="nodes",scope="cluster",subresource="",verb="WATCH",version="v1"} 3
apiserver_longrunning_requests{component="apiserver",group="",resource="nodes",scope="resource",subresource="",verb="WATCH",version="v1"} 10
apiserver_longrunning_requests{component="apiserver",group="",resource="pods",scope="resource",subresource="exec",verb="CONNECT",version="v1"} 7
apiserver_longrunning_requests{component="apiserver",group="storage.k8s.io",resource="csidrivers",scope="cluster",subresource="",verb="WATCH",version="v1"} 11
apiserver_request_total{verb="WATCH"} 99
`;

test("watches are counted by resource, whatever their scope", () => {
  expect(parseOpenWatches(metrics)).toEqual({ nodes: 13, "csidrivers.storage.k8s.io": 11 });
});

test("what is more than before is the subject's", () => {
  const now = { nodes: 13, pods: 4, services: 2 };
  expect(moreWatches({ nodes: 3, services: 2, leases: 1 }, now)).toEqual({
    leases: -1,
    nodes: 10,
    pods: 4,
  });
});

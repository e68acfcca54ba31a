import { readFile } from "node:fs/promises";
import type { Env } from "../../src/base/env.ts";
import { createSystemClock } from "../../src/base/system-clock.ts";
import { createTestEnv } from "../../src/base/test-env.ts";
import type { ComponentAccess } from "../../src/client/index.ts";
import {
  createHollowBehavior,
  createNodeTemplate,
  kubeletHabits,
  parseCidr,
  type RunningKubelet,
  startKubelet,
} from "../../src/kubelet/index.ts";
import {
  createSharedRules,
  proxyHabits,
  type RunningProxy,
  startProxy,
} from "../../src/proxy/index.ts";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import type { KubernetesVersion } from "../control-plane/pinned-modules.ts";

/** The machine's clock, and chance that is the same each time. */
export const realEnv: Env = { ...createTestEnv(), clock: createSystemClock() };

const podRange = parseCidr("10.0.0.0/16");
const unobserved = {
  leaseRenewed() {},
  leaseFailed() {},
  reregistered() {},
  limiterWaited() {},
  networkProgrammed() {},
};

/** A kubelet with a real node's habits. */
export function startRealKubelet(
  name: string,
  kubeletVersion: KubernetesVersion,
  access: ComponentAccess,
): RunningKubelet {
  const { habits } = kubeletHabits({ profile: "kubelet", kubeletVersion });
  const { capacity } = habits;
  const template = createNodeTemplate({
    fleet: "test",
    labels: {},
    taints: [],
    capacity,
    kubeletVersion,
  });
  if (podRange === undefined) throw new Error("the pod range of the test is none");
  return startKubelet(
    {
      node: { name, ip: "198.18.0.1", template },
      podRange,
      habits,
      access,
      behavior: createHollowBehavior({}, realEnv),
      tally: { moved() {} },
      observer: unobserved,
    },
    realEnv,
  );
}

/** A proxy with kube-proxy's habits. */
export function startRealProxy(
  nodeName: string,
  kubeletVersion: KubernetesVersion,
  access: ComponentAccess,
): RunningProxy {
  const { habits } = proxyHabits({ profile: "kubelet", kubeletVersion });
  const rules = createSharedRules(realEnv);
  return startProxy({ nodeName, habits, access, rules, observer: unobserved }, realEnv);
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly responseStatus?: { readonly code?: number };
}

/** `VERB RESOURCE CODE` of all requests that users of that name have made, however often, sorted. */
export async function requestsOf(
  { auditLogPath }: ControlPlane,
  user: RegExp,
): Promise<readonly string[]> {
  const lines = (await readFile(auditLogPath, "utf8")).split("\n").filter((line) => line !== "");
  const events = lines.map((line): AuditEvent => JSON.parse(line));
  const texts = events
    .filter((event) => user.test((event.impersonatedUser ?? event.user).username))
    .map(({ verb, requestURI, responseStatus }) => {
      const path = requestURI.replace(/\?.*/, "").replace(/^\/apis?\//, "");
      return `${verb} ${path} ${responseStatus?.code ?? 0}`;
    });
  return [...new Set(texts)].sort();
}

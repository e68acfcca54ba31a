import { expect, test } from "vitest";
import { serviceCidrs, services } from "../../k8s/resources.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { ServiceCidr } from "../../k8s/types/networking.ts";
import { type Plane, startPlane } from "../controllers.fixture.ts";
import { isNeeded } from "./decide-service-cidr.ts";

const only = ["service-cidr-controller"] as const;

async function addRange({ client, clock }: Plane, name: string, cidr: string): Promise<void> {
  const spec = { cidrs: [cidr] };
  const apiVersion = "networking.k8s.io/v1";
  await client.create(serviceCidrs, { apiVersion, kind: "ServiceCIDR", metadata: { name }, spec });
  await clock.advance(1_000);
}

async function addService({ client }: Plane, name: string, clusterIP: string): Promise<Service> {
  return client.create(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { clusterIP, ports: [{ port: 80 }] },
  });
}

async function rangeNames({ client }: Plane): Promise<readonly string[]> {
  return (await client.list(serviceCidrs)).items.map(({ metadata }) => metadata.name);
}

test("services get addresses of a range once it is ready", async () => {
  await using plane = await startPlane({ only });
  await expect(addService(plane, "early", "10.50.0.7")).rejects.toMatchObject({ code: 422 });
  await addRange(plane, "more", "10.50.0.0/24");
  const { metadata, status } = await plane.client.get(serviceCidrs, { name: "more" });
  expect(metadata.finalizers).toEqual(["networking.k8s.io/service-cidr-finalizer"]);
  expect(status?.conditions).toMatchObject([
    { type: "Ready", status: "True", message: "Kubernetes Service CIDR is ready" },
  ]);
  const { spec } = await addService(plane, "web", "10.50.0.7");
  expect(spec?.clusterIP).toBe("10.50.0.7");
  expect(plane.warnings).toEqual([]);
});

test("a range that is deleted stays for as long as a service has an address of it", async () => {
  await using plane = await startPlane({ only });
  await addRange(plane, "more", "10.50.0.0/24");
  await addService(plane, "web", "10.50.0.7");
  await plane.client.delete(serviceCidrs, { name: "more" });
  await plane.clock.advance(60_000);
  const { status } = await plane.client.get(serviceCidrs, { name: "more" });
  expect(status?.conditions).toMatchObject([{ status: "False", reason: "Terminating" }]);
  await expect(addService(plane, "late", "10.50.0.8")).rejects.toMatchObject({ code: 422 });
  await plane.client.delete(services, { namespace: "default", name: "web" });
  await plane.clock.advance(1_000);
  expect(await rangeNames(plane)).toEqual(["kubernetes"]);
  expect(plane.warnings).toEqual([]);
});

test("a range that nobody uses goes ten seconds after it was deleted", async () => {
  await using plane = await startPlane({ only });
  await addRange(plane, "more", "10.50.0.0/24");
  await plane.client.delete(serviceCidrs, { name: "more" });
  await plane.clock.advance(8_000);
  expect(await rangeNames(plane)).toContain("more");
  await plane.clock.advance(3_000);
  expect(await rangeNames(plane)).toEqual(["kubernetes"]);
});

function range(...cidrs: readonly string[]): ServiceCidr {
  const metadata = { name: "a", uid: "u", resourceVersion: "1", creationTimestamp: "" };
  return { apiVersion: "networking.k8s.io/v1", kind: "ServiceCIDR", metadata, spec: { cidrs } };
}

test.each([
  { name: "no address is in it", others: [], addresses: ["10.1.0.1"], needed: false },
  { name: "an address is in it", others: [], addresses: ["10.0.0.1"], needed: true },
  { name: "another covers it", others: ["10.0.0.0/8"], addresses: ["10.0.0.1"], needed: false },
  { name: "another is the same", others: ["10.0.0.0/24"], addresses: ["10.0.0.1"], needed: false },
  { name: "a smaller one has it", others: ["10.0.0.0/28"], addresses: ["10.0.0.1"], needed: false },
  {
    name: "a smaller one lacks it",
    others: ["10.0.0.0/28"],
    addresses: ["10.0.0.99"],
    needed: true,
  },
  { name: "the address is of IPv6", others: [], addresses: ["2001:db8::1"], needed: true },
])("whether 10.0.0.0/24 and 2001:db8::/64 are needed when $name: $needed", (row) => {
  const others = row.others.map((cidr) => range(cidr));
  expect(isNeeded(range("10.0.0.0/24", "2001:db8::/64"), others, row.addresses)).toBe(row.needed);
});

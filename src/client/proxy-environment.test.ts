import { expect, test } from "vitest";
import { proxyFromEnvironment } from "./proxy-environment.ts";

const proxy = "http://proxy:3128";

test.each([
  { server: "https://api.example:6443", variables: {}, found: undefined },
  { server: "https://api.example:6443", variables: { HTTPS_PROXY: proxy }, found: proxy },
  { server: "https://api.example:6443", variables: { https_proxy: "proxy:3128" }, found: proxy },
  { server: "https://api.example:6443", variables: { HTTP_PROXY: proxy }, found: undefined },
  { server: "http://api.example", variables: { HTTP_PROXY: proxy }, found: proxy },
  { server: "https://localhost:6443", variables: { HTTPS_PROXY: proxy }, found: undefined },
  { server: "https://127.0.0.5:6443", variables: { HTTPS_PROXY: proxy }, found: undefined },
  { server: "https://[::1]:6443", variables: { HTTPS_PROXY: proxy }, found: undefined },
])("$server with $variables", ({ server, variables, found }) => {
  expect(proxyFromEnvironment(server, variables)).toBe(found);
});

test.each([
  { exceptions: "*", isExcepted: true },
  { exceptions: "example", isExcepted: true },
  { exceptions: "API.example", isExcepted: true },
  { exceptions: ".example", isExcepted: true },
  { exceptions: ".api.example", isExcepted: false },
  { exceptions: "ample", isExcepted: false },
  { exceptions: "api.example:6443", isExcepted: true },
  { exceptions: "api.example:443", isExcepted: false },
  { exceptions: " other , example ", isExcepted: true },
])("NO_PROXY=$exceptions for https://api.example:6443", ({ exceptions, isExcepted }) => {
  const variables = { HTTPS_PROXY: proxy, NO_PROXY: exceptions };
  const found = proxyFromEnvironment("https://api.example:6443", variables);
  expect(found).toBe(isExcepted ? undefined : proxy);
});

test.each([
  { exceptions: "10.0.0.0/8", isExcepted: true },
  { exceptions: "10.1.2.3", isExcepted: true },
  { exceptions: "10.1.2.3:6443", isExcepted: true },
  { exceptions: "11.0.0.0/8", isExcepted: false },
  { exceptions: "10.0.0.0/99", isExcepted: false },
  { exceptions: "fd00::/8", isExcepted: false },
])("NO_PROXY=$exceptions for https://10.1.2.3:6443", ({ exceptions, isExcepted }) => {
  const variables = { HTTPS_PROXY: proxy, NO_PROXY: exceptions };
  const found = proxyFromEnvironment("https://10.1.2.3:6443", variables);
  expect(found).toBe(isExcepted ? undefined : proxy);
});

import { describe, expect, test } from "vitest";
import { fleetNeeds, judgeResources } from "./resource-checks.ts";

const plenty = { openFilesMax: 1_048_576, localPorts: 28_232, memory: 16e9 };
const heavy = fleetNeeds({ nodes: 5_000, ownWatches: true, connectionsPerNode: 2 });
const light = fleetNeeds({ nodes: 5_000, ownWatches: false, connectionsPerNode: 0 });

describe("a fleet", () => {
  test.each([
    { name: "with all that it needs", needs: heavy, found: plenty },
    {
      name: "of shared connections, with few files",
      needs: light,
      found: { ...plenty, openFilesMax: 256 },
    },
    {
      name: "where the system says nothing",
      needs: heavy,
      found: { openFilesMax: undefined, localPorts: undefined, memory: 16e9 },
    },
    {
      name: "with the very number of files",
      needs: heavy,
      found: { ...plenty, openFilesMax: 10_100 },
    },
  ])("$name starts without a warning", ({ needs, found }) => {
    expect(judgeResources(needs, found)).toEqual({ kind: "enough", warnings: [] });
  });

  test("with too few files is refused, with the number that it needs", () => {
    expect(judgeResources(heavy, { ...plenty, openFilesMax: 1_024 })).toEqual({
      kind: "tooFewFiles",
      filesNeeded: 10_100,
      message:
        "5000 nodes need 10100 open files, and this process may have 1024: raise the hard limit (ulimit -n 10100)",
    });
  });

  test("with little memory, or more connections than ports, is warned of it", () => {
    const many = fleetNeeds({ nodes: 20_000, ownWatches: true, connectionsPerNode: 2 });
    expect(judgeResources(many, { ...plenty, memory: 2e9 })).toEqual({
      kind: "enough",
      warnings: [
        "20000 nodes need 40000 local ports, and there are 28232: widen net.ipv4.ip_local_port_range",
        "20000 nodes need about 9,290 MB of memory without pods, and 2,000 MB are available",
      ],
    });
  });
});

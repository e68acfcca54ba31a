import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{src,bench}/**/*.test.ts",
            "test/{tidy,stories,cli,conformance,sim,types}/**/*.test.ts",
          ],
          // No test mocks a module or changes what others see, so they may share what is loaded:
          // a worker for each of 130 files would take longer than all tests.
          isolate: false,
          // Some start programs, on a machine that may be busy.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "real",
          include: ["test/{real,control-plane}/**/*.test.ts"],
          // Two cores carry one control plane at a time.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
export default config;

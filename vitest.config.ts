import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "test/{tidy,stories,cli,conformance,sim,types}/**/*.test.ts",
          ],
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

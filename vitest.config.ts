/**
 * @file How the tests run: dist/ is built first, type tests run beside the others, and the
 * last line is `N passed, N failed`.
 */
import { defineConfig } from "vitest/config";
import { ranksFromBuild } from "./test/setup/ranks.ts";
import summary from "./test/setup/summary.ts";

export default defineConfig({
  plugins: [ranksFromBuild],
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/build.ts"],
    setupFiles: ["test/setup/no-colors.ts", "test/setup/verify-stages.ts"],
    reporters: ["default", summary],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: {
      enabled: true,
      include: ["test/**/*.test-d.ts"],
      tsconfig: "tsconfig.test.json",
      ignoreSourceErrors: true,
    },
    coverage: {
      include: ["program/**", "compiler/**", "runtime/**", "memory/**", "ort/**", "cli/**", "infer/**", "gain/**"],
    },
  },
});

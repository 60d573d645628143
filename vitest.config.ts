/**
 * @file How the tests run: dist/ is built first, type tests run beside the others, and the
 * last line is `N passed, N failed`. Files of rooms without effects share their workers.
 */
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { ranksFromBuild } from "./test/setup/ranks.ts";
import summary from "./test/setup/summary.ts";

/** Rooms whose tests leave nothing behind: their files share a worker, which then starts and loads the sources once. */
const shared =
  "bind canonical emit expr external gain graph infer inspect ir lower operators plan program shard simulate";
const rooms = shared.split(" ");

/** Files of these rooms that mock a module or change the environment. */
const alone = ["lower/compile-errors", "plan/typescript", "shard/local-operands"].map((file) => `test/${file}.test.ts`);

/** What every measurement and every project has. */
export const options = {
  plugins: [ranksFromBuild],
  test: {
    globalSetup: ["test/setup/build.ts"],
    setupFiles: ["test/setup/no-colors.ts", "test/setup/verify-stages.ts"],
    reporters: ["default", summary],
    pool: "forks",
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      include: ["program/**", "compiler/**", "runtime/**", "memory/**", "ort/**", "cli/**", "infer/**", "gain/**"],
    },
  },
} satisfies ViteUserConfig;

// A project does not take over the mode of the command line by itself.
export default defineConfig(({ mode }) => ({
  ...options,
  test: {
    ...options.test,
    projects: [
      {
        extends: true,
        mode,
        test: {
          name: "alone",
          include: [`test/!(${rooms.join("|")})/**/*.test.ts`, ...alone],
          typecheck: {
            enabled: true,
            include: ["test/**/*.test-d.ts"],
            tsconfig: "tsconfig.test.json",
            ignoreSourceErrors: true,
          },
        },
      },
      {
        extends: true,
        mode,
        test: {
          name: "shared",
          include: rooms.map((room) => `test/${room}/**/*.test.ts`),
          exclude: alone,
          isolate: false,
        },
      },
    ],
  },
}));

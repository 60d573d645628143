/**
 * @file Configuration of `npm run published-plans`: the tests' set-up, with the file that checks the published plans and writes their page.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { projects: _, ...test } = base.test ?? {};

export default mergeConfig(
  { plugins: base.plugins, test },
  defineConfig({ test: { include: ["test/published/measure.ts"] } }),
);

/**
 * @file Configuration of `npm run inferred`: the tests' set-up, with the file that infers a plan for every committed export and writes
 * docs/inferred-plans.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { projects: _, ...test } = base.test ?? {};

export default mergeConfig(
  { plugins: base.plugins, test },
  defineConfig({ test: { include: ["test/infer/measure-inferred.ts"] } }),
);

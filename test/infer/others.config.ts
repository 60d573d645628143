/**
 * @file Configuration of `npm run inferred:others`: the tests' set-up, with the file that infers a plan for every export in the folder
 * `OTHERS` and writes docs/other-models.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import { options } from "../../vitest.config.ts";

export default mergeConfig(
  { test: options.test },
  defineConfig({ test: { include: ["test/infer/measure-others.ts"] } }),
);

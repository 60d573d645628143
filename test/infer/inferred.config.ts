/**
 * @file Configuration of `npm run inferred`: the tests' set-up, with the file that infers a plan for every committed export and writes
 * docs/inferred-plans.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import { options } from "../../vitest.config.ts";

export default mergeConfig(options, defineConfig({ test: { include: ["test/infer/measure-inferred.ts"] } }));

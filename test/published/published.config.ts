/**
 * @file Configuration of `npm run published-plans`: the tests' set-up, with the file that checks the published plans and writes their page.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import { options } from "../../vitest.config.ts";

export default mergeConfig(options, defineConfig({ test: { include: ["test/published/measure.ts"] } }));

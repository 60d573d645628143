/**
 * @file Configuration of `npm run inferred:forms`: the tests' set-up, with the file that infers a plan for every converted export in the
 * folder `FORMS` and writes the table of docs/other-exports.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import { options } from "../../vitest.config.ts";

export default mergeConfig(
  { test: options.test },
  defineConfig({ test: { include: ["test/infer/measure-forms.ts"] } }),
);

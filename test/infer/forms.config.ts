/**
 * @file Configuration of `npm run inferred:forms`: the tests' set-up, with the file that infers a plan for every converted export in the
 * folder `FORMS` and writes the table of docs/other-exports.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { projects: _, ...test } = base.test ?? {};

export default mergeConfig({ test }, defineConfig({ test: { include: ["test/infer/measure-forms.ts"] } }));

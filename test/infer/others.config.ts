/**
 * @file Configuration of `npm run inferred:others`: the tests' set-up, with the file that infers a plan for every export in the folder
 * `OTHERS` and writes docs/other-models.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { projects: _, ...test } = base.test ?? {};

export default mergeConfig({ test }, defineConfig({ test: { include: ["test/infer/measure-others.ts"] } }));

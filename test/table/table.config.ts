/**
 * @file Configuration of `npm run support`: the tests' set-up, with the files that measure and write docs/support.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { projects: _, ...test } = base.test ?? {};

export default mergeConfig(
  { plugins: base.plugins, test },
  defineConfig({ test: { include: ["test/table/measure-*.ts"] } }),
);

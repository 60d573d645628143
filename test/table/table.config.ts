/**
 * @file Configuration of `npm run support`: the tests' set-up, with the files that measure and write docs/support.md.
 */
import { defineConfig, mergeConfig } from "vitest/config";
import { options } from "../../vitest.config.ts";

export default mergeConfig(options, defineConfig({ test: { include: ["test/table/measure-*.ts"] } }));

/**
 * @file Truncated model files, and files with changed bytes, through the whole pipeline.
 */
import { join } from "node:path";
import * as fc from "fast-check";
import { test } from "vitest";
import { temporaryFolder } from "../../support/files.ts";
import { fuzz, TIMEOUT } from "../budget.ts";
import { bases, bytesOf } from "./bases.ts";
import { bytes, damagedBytes } from "./bytes.ts";
import { judge, mesh } from "./judge.ts";

test.each(bases)("$name, cut or with other bytes, is answered", { timeout: TIMEOUT }, async (base) => {
  const file = join(await temporaryFolder(), "m.onnx");
  await fuzz(`damaged files of ${base.name}`, fc.tuple(bytes, mesh), { short: 6, long: 1500 }, ([damage, parallel]) =>
    judge(file, damagedBytes(bytesOf(base), damage), base, parallel),
  );
});

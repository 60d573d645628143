/**
 * @file Reads the page of all diagnostics, which the package holds at the same place wherever its code is.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Page, pagesOf } from "./page.ts";

const require = createRequire(import.meta.url);

/** By code. Throws as `fs` does. */
export function readPages(): ReadonlyMap<string, Page> {
  const root = dirname(require.resolve("onnx-context-parallel/package.json"));
  return pagesOf(readFileSync(join(root, "docs", "errors.md"), "utf8"));
}

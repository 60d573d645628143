/**
 * @file `npm run scale`: simulates a model of real size on up to 64 devices and writes docs/scale.md and its figure. Takes some minutes, nearly
 * all of it to compile.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../models.ts";
import { scaleFigure } from "./figure.ts";
import { scalePage } from "./page.ts";
import { simulateScale } from "./simulate.ts";

const folder = mkdtempSync(join(tmpdir(), "scale-"));
try {
  const simulated = await simulateScale(folder, (what) => void process.stderr.write(`${what}\n`));
  writeFileSync(join(root, "docs", "scale.md"), scalePage(simulated));
  writeFileSync(join(root, "docs", "scale.svg"), scaleFigure(simulated));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

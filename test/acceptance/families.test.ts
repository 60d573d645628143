/**
 * @file Every fixture model on worker threads under its shipped plan: all lengths in sequence in one session, compared with the unsplit
 * model and with torch.
 */
import { expect, test } from "vitest";
import { compareTensors } from "../../runtime/verify.ts";
import { committedExports, fits, sampleFile } from "../support/exports.ts";
import type { Export } from "../support/exports.ts";
import {
  compiledFixture,
  outputsOf,
  sessionOf,
  shippedPlan,
  unsplitOutputs,
  wrongOutputs,
} from "../support/compiled.ts";
import { fixtureModel, fixtureTensors } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

/** In turn, so that every family meets several. */
const turns: readonly MeshName[] = ["ulysses 2", "rotating ring 3", "unified 2 x 2", "ring 2", "ulysses 3"];
/** Flux has a test of its own. A marked export differs in its boundaries only, which the simulator has shown to be found. */
const exports = committedExports().filter(({ family, exporter }) => family !== "flux" && !exporter.endsWith(".marked"));
const cases = exports.map((one, i) => ({ ...one, one, mesh: turns[i % turns.length]! }));

/** LTX2 was exported with its numbers further from torch's: its gates multiply them. */
const torchTolerance = ({ family }: Export): { readonly atol: number; readonly rtol: number } =>
  family === "ltx2" ? { atol: 1e-3, rtol: 1e-3 } : { atol: 1e-4, rtol: 1e-4 };

/** onnxruntime itself refuses a mask that is broadcast over the queries of its `Attention`; these can be compared with torch only. */
const unsplitFails = new Set(["ltx", "ltx2", "qwenimage"].map((model) => `${model}.dynamo23-dynamic`));

test.each(cases)("$file on $mesh", async ({ file, family, sizes, mesh, one }) => {
  const session = await sessionOf(await compiledFixture(file, shippedPlan(family), meshes[mesh]));
  const model = await fixtureModel(file);
  let runs = 0;
  for (const size of sizes) {
    const feeds = await fixtureTensors(sampleFile(one, size, "inputs"));
    if (!fits(model, feeds)) continue;
    runs += 1;
    const outputs = await outputsOf(session, feeds);
    const unsplit = unsplitOutputs(file, size, feeds);
    if (unsplitFails.has(`${one.model}.${one.exporter}`)) await expect(unsplit).rejects.toThrow(/attn_mask/);
    else expect({ size, wrong: wrongOutputs(outputs, await unsplit) }).toEqual({ size, wrong: [] });
    for (const [name, torch] of Object.entries(await fixtureTensors(sampleFile(one, size, "outputs")))) {
      expect(compareTensors(name, outputs[name], torch, torchTolerance(one))).toMatchObject({ ok: true, wrong: 0 });
    }
  }
  expect(runs).toBeGreaterThan(0);
});

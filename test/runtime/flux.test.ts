/**
 * @file Flux on real worker threads under the shipped plan: every export, scheme and number of ranks gives the results of the unsplit model
 * and of torch at export.
 */
import { expect, test } from "vitest";
import {
  compiledFixture,
  outputsOf,
  sessionOf,
  shippedPlan,
  unsplitOutputs,
  wrongOutputs,
} from "../support/compiled.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { meshNames, meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

/** Image and text lengths one after the other in one session; the first two do not divide by 2, 3 or 4. */
const dynamic = ["img67-txt13", "img90-txt37", "img96-txt40"];
const fixed = ["img96-txt40"];

/** The first export meets every mesh, the others one of each scheme, so that each number of ranks comes up. */
const cases: Readonly<Record<string, readonly [sizes: readonly string[], meshes: readonly MeshName[]]>> = {
  "flux.dynamo18-dynamic": [dynamic, meshNames],
  "flux.dynamo18-dynamic.marked": [dynamic, ["ring 3", "rotating unified 2 x 2"]],
  "flux.dynamo23-dynamic": [dynamic, ["one rank", "ulysses 3", "rotating ring 2", "unified 2 x 2"]],
  "flux.torchscript18-static": [fixed, ["ulysses 2", "ring 4", "rotating ring 3"]],
  "flux.torchscript18-static.marked": [fixed, ["ulysses 4", "ring 2", "rotating unified 2 x 2"]],
  "flux.dynamo18-static": [fixed, ["ulysses 3", "rotating ring 2"]],
  "flux.dynamo18-external": [dynamic, ["ulysses 2", "ring 3"]],
  "flux.dynamo18-wrapped": [dynamic, ["ulysses 3", "rotating ring 2"]],
  "flux.dynamo18-unnamed": [dynamic, ["ulysses 2", "ring 2", "unified 2 x 2"]],
  // Two images in a batch, three heads, a patch of another size.
  "flux-b.dynamo18-dynamic": [
    ["batch2-img35-txt11", "batch2-img48-txt20"],
    ["ulysses 3", "ring 4", "rotating unified 2 x 2"],
  ],
};

const runs = Object.entries(cases).flatMap(([name, [sizes, names]]) => names.map((mesh) => ({ name, mesh, sizes })));

test.each(runs)("$name, $mesh", async ({ name, mesh, sizes }) => {
  const file = `flux/${name}.onnx`;
  const session = await sessionOf(await compiledFixture(file, shippedPlan("flux"), meshes[mesh]));
  for (const size of sizes) {
    const sample = `flux/${name.split(".")[0]}.${size}`;
    const feeds = await fixtureTensors(`${sample}.inputs.npz`);
    const outputs = await outputsOf(session, feeds);
    expect(wrongOutputs(outputs, await unsplitOutputs(file, size, feeds)), `unsplit, ${size}`).toEqual([]);
    expect(wrongOutputs(outputs, await fixtureTensors(`${sample}.outputs.npz`)), `torch, ${size}`).toEqual([]);
  }
});

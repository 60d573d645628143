/**
 * @file Every value of every committed export under its family's shipped plan, at every length that the export allows, against the unsplit
 * model.
 */
import { expect, test } from "vitest";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { committedExports, fits, sampleFile } from "../support/exports.ts";
import type { Export } from "../support/exports.ts";
import { shardedFixture, shippedPlan } from "../support/compiled.ts";
import { fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshNames, meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

/** For the export of each family that others are variants of, every third one in turn; in the long mode all, for each model. */
const full: readonly MeshName[] = [
  "ulysses 2",
  "ulysses 3",
  "ring 3",
  "rotating ring 2",
  "rotating ring 3",
  "unified 2 x 2",
];

/** For its other exports in turn: each scheme and both 2 and 3 ranks. The long mode has two of them for each. */
const turns: readonly MeshName[] = [
  "ulysses 2",
  "rotating unified 2 x 2",
  "ring 3",
  "rotating ring 3",
  "unified 2 x 2",
  "ulysses 3",
];

const long = process.env["MODE"] === "long";

/** Flux meets every number of ranks, one and four too. */
const flux: readonly MeshName[] = meshNames;

function meshesFor({ family, model, exporter }: Export, index: number): readonly MeshName[] {
  const isVariant = model !== family && !long;
  if (exporter !== "dynamo18-dynamic" || isVariant) {
    const [first, second] = [turns[index % turns.length]!, turns[(index + 3) % turns.length]!];
    return long ? [first, second] : [first];
  }
  if (model === "flux") return flux;
  return long ? full : full.filter((_, turn) => (turn + index) % 3 === 0);
}

const cases = committedExports().flatMap((one, index) => meshesFor(one, index).map((mesh) => ({ ...one, mesh, one })));

test("the families are there", () => {
  const models = new Set(cases.map(({ model }) => model));
  const expected = ["flux", "flux-b", "flux2", "qwenimage", "qwenimage-zero", "wan", "wan-ti2v", "wan-i2v"];
  expect([...models]).toEqual(
    expect.arrayContaining([...expected, "chronoedit", "helios", "ltx", "ltx2", "minimax_h3"]),
  );
});

test.each(cases)("$file on $mesh: every value is exact", async ({ file, family, sizes, mesh, one }) => {
  const sharded = await shardedFixture(file, shippedPlan(family), meshes[mesh]);
  const model = await fixtureModel(file);
  let fitting = 0;
  for (const size of sizes) {
    const feeds = await fixtureTensors(sampleFile(one, size, "inputs"));
    if (!fits(model, feeds)) continue;
    fitting += 1;
    const report = valueOf(await simulate(sharded, feeds));
    expect({ size, ...report }).toMatchObject({ size, wrong: null, wrongCount: 0, unchecked: [] });
    expect(report.compared).toBeGreaterThan(sharded.graph.nodes.length - 20);
  }
  expect(fitting).toBeGreaterThan(0);
});

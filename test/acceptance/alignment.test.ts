/**
 * @file Plans that leave alignment to the compiler: a whole value next to a split one is sliced by its segments, recorded, and exact.
 * Length assumptions are checked at run time.
 */
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { OrtTensors } from "../../ort/types.ts";
import {
  compiledFixture,
  outputsOf,
  sessionOf,
  shardedFixture,
  shippedPlan,
  unsplitOutputs,
  wrongOutputs,
} from "../support/compiled.ts";
import { fixture, texts, valueOf } from "../support/fixtures.ts";
import { fluxFeeds, idsWhole, imageOnly, rows } from "../support/flux.ts";
import { meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

const plans = { "only the image split": imageOnly, "the ids whole": idsWhole };
const cases: readonly (readonly [keyof typeof plans, string, MeshName])[] = [
  ["only the image split", "flux.dynamo18-dynamic", "ulysses 2"],
  ["only the image split", "flux.dynamo23-dynamic", "rotating ring 3"],
  ["only the image split", "flux.torchscript18-static", "unified 2 x 2"],
  ["the ids whole", "flux.dynamo18-dynamic", "ring 3"],
  ["the ids whole", "flux.dynamo23-dynamic", "ulysses 4"],
  ["the ids whole", "flux.dynamo18-unnamed", "rotating ring 2"],
  ["the ids whole", "flux.torchscript18-static", "ulysses 3"],
];

test.each(cases)("%s: %s on %s is exact", async (plan, name, mesh) => {
  const file = `flux/${name}.onnx`;
  const sizes = name.endsWith("static") ? ["img96-txt40"] : ["img67-txt13", "img90-txt37"];
  const graph = await shardedFixture(file, plans[plan], meshes[mesh]);
  const session = await sessionOf(await compiledFixture(file, plans[plan], meshes[mesh]));
  for (const size of sizes) {
    const feeds = await fluxFeeds(size);
    expect(valueOf(await simulate(graph, feeds))).toMatchObject({ wrongCount: 0, wrong: null, unchecked: [] });
    expect(wrongOutputs(await outputsOf(session, feeds), await unsplitOutputs(file, size, feeds))).toEqual([]);
  }
});

test("every rotary table is recorded as aligned, with both segments of what it meets", async () => {
  const file = "flux/flux.dynamo18-dynamic.onnx";
  const { stages, diagnostics } = await compileStages({ model: fixture(file), plan: idsWhole });
  const { alignments } = stages.sharded!;
  expect(alignments.length).toBeGreaterThan(0);
  for (const { layout } of alignments) expect(layout.map(({ segments }) => segments.length)).toEqual([2]);
  const noted = diagnostics.filter(({ code }) => code === "CP4015");
  // Said once for the entry that would split them, with every place.
  expect(noted.map(({ severity }) => severity)).toEqual(["note"]);
  expect(noted.flatMap(({ related }) => related)).toHaveLength(alignments.length);
  expect(stages.lowered!.program.notes.map(({ code }) => code)).toContain("CP4015");
  // The shipped plan leaves nothing to align.
  const shipped = await shardedFixture(file, shippedPlan("flux"), meshes["ulysses 2"]);
  expect(shipped.alignments).toEqual([]);
});

/** 136 rows together, as the tokens have, cut at another place. */
async function shiftedIds(): Promise<OrtTensors> {
  const feeds = await fluxFeeds("img96-txt40");
  return { ...feeds, txt_ids: rows(feeds["txt_ids"]!, 42), img_ids: rows(feeds["img_ids"]!, 94) };
}

async function refusal(name: string, plan: string | typeof idsWhole): Promise<readonly string[]> {
  const session = await sessionOf(await compiledFixture(`flux/${name}.onnx`, plan, meshes["ulysses 2"]));
  const feeds = await shiftedIds();
  const error: unknown = await outputsOf(session, feeds).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ContextParallelError)) throw new Error(`not refused: ${String(error)}`);
  expect(session.lastRun, "nothing was dispatched").toBe(null);
  return texts(error.diagnostics);
}

test.each([
  ["shipped", shippedPlan("flux")],
  ["with whole ids", idsWhole],
] as const)(
  "ids that are cut elsewhere than the tokens are refused by their shared lengths, plan %s",
  async (_, plan) => {
    expect(await refusal("flux.dynamo18-dynamic", plan)).toEqual([
      'CP6006 the length "img" is 96 on axis 1 of "hidden_states", but 94 on axis 0 of "img_ids"',
      'CP6006 the length "txt" is 40 on axis 1 of "encoder_hidden_states", but 42 on axis 0 of "txt_ids"',
    ]);
  },
);

test("where the export names no lengths, the equations of the proof refuse them", async () => {
  expect(await refusal("flux.dynamo18-unnamed", shippedPlan("flux"))).toMatchInlineSnapshot(`
    [
      "CP6007 encoder_hidden_states axis 1 is 40, but txt_ids axis 0 is 42; the split in module "transformer_blocks.0.attn" is exact only if they agree",
      "CP6007 hidden_states axis 1 is 96, but img_ids axis 0 is 94; the split in module "transformer_blocks.0.attn" is exact only if they agree",
    ]
  `);
});

test("ids that stay whole may be cut elsewhere where the export allows it: the rows are those of the unsplit model", async () => {
  const file = "flux/flux.dynamo18-unnamed.onnx";
  const feeds = await shiftedIds();
  const session = await sessionOf(await compiledFixture(file, idsWhole, meshes["ulysses 2"]));
  expect(wrongOutputs(await outputsOf(session, feeds), await unsplitOutputs(file, "shifted", feeds))).toEqual([]);
});

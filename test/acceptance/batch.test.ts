/**
 * @file A batch of 2, as classifier-free guidance has it, on ranks that divide it, for every shipped plan: the simulator finds every value
 * exact, and worker threads give the outputs of the unsplit model.
 */
import { describe, expect, test } from "vitest";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import { boundFixture, compiledFixture, outputsOf, sessionOf, shardedFixture } from "../support/compiled.ts";
import { shippedPlan, unsplitOutputs, wrongOutputs } from "../support/compiled.ts";
import { fixtureTensors, texts, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { shard } from "../support/stages.ts";

/** An export with a batch of 2 for each plan, and for the batch in a static export. */
const exports = [
  ["chronoedit", "chronoedit.dynamo18-dynamic", "chronoedit.batch2-frames5-height6-width14"],
  ["flux", "flux-b.dynamo18-dynamic", "flux-b.batch2-img35-txt11"],
  ["flux2", "flux2.dynamo18-dynamic", "flux2.batch2-img67-txt13"],
  ["helios", "helios.dynamo18-dynamic", "helios.batch2-frames3-height6-width14"],
  ["ltx", "ltx-cfg.dynamo18-dynamic", "ltx-cfg.img35-txt11"],
  ["ltx2", "ltx2-cfg.dynamo18-dynamic", "ltx2-cfg.img35-audio13-txt11"],
  ["minimax_h3", "minimax_h3.dynamo18-dynamic", "minimax_h3.batch2-img67-audio23-txt13"],
  ["qwenimage", "qwenimage.dynamo18-dynamic", "qwenimage.batch2-txt13"],
  ["wan", "wan.dynamo18-dynamic", "wan.batch2-frames5-height6-width14"],
  ["wan", "wan-ti2v-one.torchscript18-static", "wan-ti2v-one.batch2-frames5-height6-width14"],
] as const;

const names = ["batch 2", "batch 2 x ulysses 2", "batch 2 x rotating ring 2", "batch 2 x rotating 2 x 2"] as const;

const long = process.env["MODE"] === "long";

/** The long mode adds eight ranks. */
const unequal: readonly MeshName[] = long
  ? ["batch 2 x ulysses 2", "batch 2 x rotating 2 x 2"]
  : ["batch 2 x ulysses 2"];

describe.each(exports)("%s, %s", (family, model, size) => {
  const file = `${family}/${model}.onnx`;
  const feeds = (): ReturnType<typeof fixtureTensors> => fixtureTensors(`${family}/${size}.inputs.npz`);

  /** Each scheme in turn; the long mode has all of them. */
  const index = exports.findIndex(([, other]) => other === model);
  const simulated = names.filter((_, at) => long || at % 2 === index % 2);

  test.each(simulated)("%s: every value is exact", async (mesh) => {
    const sharded = await shardedFixture(file, shippedPlan(family), meshes[mesh]);
    const report = valueOf(await simulate(sharded, await feeds()));
    expect(report).toMatchObject({ ranks: ranksOf(mesh), wrong: null, unchecked: [] });
  });

  test("every value is exact for ranks of unequal speed", async () => {
    for (const mesh of unequal) {
      const sharded = await shardedFixture(file, shippedPlan(family), meshes[mesh]);
      const shares = [1, 5, 2, 7, 3, 1, 4, 2].slice(0, ranksOf(mesh));
      expect(valueOf(await simulate(sharded, sampleFeeds(sharded), { shares }))).toMatchObject({ wrong: null });
    }
  });

  /** One scheme each; the page of support has them all. */
  const turn = names[index % names.length]!;
  test(`${turn}: worker threads agree with the unsplit model`, async () => {
    const session = await sessionOf(await compiledFixture(file, shippedPlan(family), meshes[turn]));
    const outputs = await outputsOf(session, await feeds());
    expect(wrongOutputs(outputs, await unsplitOutputs(file, size, await feeds()))).toEqual([]);
  });
});

function ranksOf(mesh: MeshName): number {
  const { batch_degree, ring_degree, ulysses_degree } = meshes[mesh];
  return batch_degree * ring_degree * ulysses_degree;
}

test("the batch alone needs no plan entry, warns of nothing, and exchanges only the output", async () => {
  const file = "flux/flux-b.dynamo18-dynamic.onnx";
  const made = shard(await boundFixture(file, {}), { ...meshes["batch 2"], mesh: meshes["batch 2"] });
  expect(texts(made.diagnostics).map((text) => text.slice(0, 6))).toEqual(["CP4030"]);
  const session = await sessionOf(await compiledFixture(file, {}, meshes["batch 2"]));
  const feeds = await fixtureTensors("flux/flux-b.batch2-img48-txt20.inputs.npz");
  const outputs = await outputsOf(session, feeds);
  expect(wrongOutputs(outputs, await unsplitOutputs(file, "batch2-img48-txt20", feeds))).toEqual([]);
  expect(session.lastRun!.collectives.map(({ purpose }) => purpose)).toEqual(["batch gather"]);
});

test("three elements over two ranks", async () => {
  for (const mesh of ["batch 2", "batch 2 x ulysses 2"] as const) {
    const sharded = await shardedFixture("flux2/flux2.dynamo18-dynamic.onnx", shippedPlan("flux2"), meshes[mesh]);
    const feeds = sampleFeeds(sharded);
    expect(feeds["hidden_states"]!.dims[0]).toBe(3);
    expect(valueOf(await simulate(sharded, feeds)).wrong).toBeNull();
  }
});

/**
 * @file A non-finite number in one text token of QwenImage, whose softmax gives 0 for NaN: the split outputs are NaN and infinite where the
 * unsplit ones are, on worker threads and in the simulator.
 */
import { expect, test } from "vitest";
import { simulate } from "../../compiler/simulate/simulate.ts";
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
import { fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";

const FILE = "qwenimage/qwenimage.dynamo18-dynamic.onnx";
const SIZE = "batch2-txt13";
const PLAN = shippedPlan("qwenimage");
const TEXT = "encoder_hidden_states";

async function feedsWith(value: number): Promise<OrtTensors> {
  const feeds = await fixtureTensors(`qwenimage/qwenimage.${SIZE}.inputs.npz`);
  const text = feeds[TEXT]!;
  const data = text.data.slice();
  const channels = text.dims.at(-1)!;
  data[3 * channels + 1] = value;
  return { ...feeds, [TEXT]: { ...text, data } };
}

const MESHES = [
  "rotating ring 2",
  "ring 2",
  "ulysses 2",
  "rotating unified 2 x 2",
] as const satisfies readonly MeshName[];

test.each(MESHES)("%s", async (mesh) => {
  const session = await sessionOf(await compiledFixture(FILE, PLAN, meshes[mesh]));
  const sharded = await shardedFixture(FILE, PLAN, meshes[mesh]);
  for (const value of [NaN, Infinity, -Infinity]) {
    const feeds = await feedsWith(value);
    const expected = await unsplitOutputs(FILE, `${SIZE} ${value}`, feeds);
    const numbers = Object.values(expected).flatMap(({ data }) => [...(data as Float32Array)]);
    // The first batch element is reached, the second is not.
    expect(new Set(numbers.map((x) => Number.isFinite(x)))).toEqual(new Set([true, false]));
    expect(wrongOutputs(await outputsOf(session, feeds), expected)).toEqual([]);
    expect(valueOf(await simulate(sharded, feeds)).wrong?.diagnostic.message ?? null).toBeNull();
  }
});

/**
 * @file Sizes that a caller gives for inputs, checked against the model, in the API and on the command line.
 */
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { canonicalise } from "../support/stages.ts";
import { capture } from "../cli/capture.ts";
import { fixtureModel, texts } from "../support/fixtures.ts";

const dynamic = await fixtureModel("flux/flux.dynamo18-dynamic.onnx");
const fixed = await fixtureModel("flux/flux.torchscript18-static.onnx");

test.each([
  [{ hidden_state: [1, 96, 16] }, 'CP2530 a shape is given for "hidden_state", which is not an input of the model'],
  [{ hidden_states: [1, 96] }, "has 2 sizes; the model's input has 3 axes: (1, img, 16)"],
  [{ hidden_states: [] }, "has 0 sizes; the model's input has 3 axes: (1, img, 16)"],
  [
    { hidden_states: [2, 96, 16] },
    "CP2532 the size given for axis 0 of hidden_states is 2, but the model fixes it to 1: (1, img, 16)",
  ],
  [
    { hidden_states: [1, 96, 16], img_ids: [95, 3] },
    'CP2533 the size given for axis 0 of img_ids is 95, but that for axis 1 of hidden_states is 96; in the model both are the length "img"',
  ],
  [
    { hidden_states: [1, 9.5, 16] },
    'CP2534 the shape given for "hidden_states" is [1,9.5,16]; sizes are integers of 0 or more',
  ],
  [{ hidden_states: [1, -1, 16] }, "CP2534"],
  [{ hidden_states: "1,96,16" as unknown as number[] }, 'CP2534 the shape given for "hidden_states" is "1,96,16"'],
])("%j is refused", async (shapes, expected) => {
  const { ok, diagnostics } = await canonicalise(dynamic, shapes as Readonly<Record<string, readonly number[]>>);
  expect(ok).toBe(false);
  expect(texts(diagnostics)).toHaveLength(1);
  expect(texts(diagnostics)[0]).toContain(expected);
});

test("what the model has is accepted, every mistake is found", async () => {
  expect((await canonicalise(dynamic, { hidden_states: [1, 96, 16], img_ids: [96, 3] })).ok).toBe(true);
  const own = Object.fromEntries(
    fixed.graph.inputs.map(({ name, type }) => [name, (type.dims ?? []).map((dim) => Number(dim))]),
  );
  expect((await canonicalise(fixed, own)).ok).toBe(true);
  const { diagnostics } = await canonicalise(dynamic, { a: [1], hidden_states: [1], txt_ids: [4, 4] });
  expect(diagnostics.map(({ code }) => code)).toEqual(["CP2530", "CP2531", "CP2532"]);
});

test("--shape is refused as well, before anything is compiled", async () => {
  const io = capture();
  const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
  const argv = ["check", "plans/flux.plan.json", "--model", model, "--ulysses-degree", "2", "--shape", "timesteps=1"];
  expect(await main(argv, io)).toBe(1);
  expect(io.stderr()).toContain('error CP2530: a shape is given for "timesteps"');
  expect(io.stderr()).toContain('hint: did you mean "timestep"?');
});

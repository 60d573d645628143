/**
 * @file The probe types and shapes every value of a fixture, at two sizes, without weights.
 */
import { expect, test } from "vitest";
import type { Attributes, Model } from "../../compiler/graph/types.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { probeShapes } from "../../ort/probe.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { fixtureModel, fixtureTensors } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";

const shapesOf = (tensors: OrtTensors): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { dims }]) => [name, dims]));

const madeBy = ({ graph }: Model): readonly string[] =>
  graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== "");

test.each([
  ["flux/flux.dynamo18-dynamic.onnx", "flux/flux.img90-txt37.inputs.npz"],
  ["flux2/flux2.dynamo23-dynamic.onnx", "flux2/flux2.batch2-img67-txt13.inputs.npz"],
  ["flux/flux.torchscript18-static.onnx", "flux/flux.img96-txt40.inputs.npz"],
])("%s with %s: what is inferred is what a run gives", async (name, sample) => {
  const model = await fixtureModel(name);
  const feeds = await fixtureTensors(sample);
  const types = await probeShapes(model, shapesOf(feeds));
  const wanted = madeBy(model);
  const values = await evaluateGraph(model.graph, feeds, { opsets: model.opsets, wanted });
  const wrong = wanted.filter((value) => {
    const { elem, dims } = values[value]!;
    return JSON.stringify(types.get(value)) !== JSON.stringify({ elem, dims });
  });
  expect(wrong).toEqual([]);
  expect(types.size).toBe(wanted.length + model.graph.inputs.length + model.graph.constants.size);
});

test("a value of unknown rank is not taken for a scalar", async () => {
  const factors: Attributes = { scale: { kind: "floats", value: [2] }, offset: { kind: "floats", value: [1] } };
  const made = graph({
    inputs: [value("x", "float32", ["n", 4])],
    nodes: [
      node("ReduceSum", ["x"], ["sum"], { keepdims: { kind: "int", value: 0 } }),
      { ...node("Scaler", ["x"], ["scaled"], factors), domain: "ai.onnx.ml" },
      node("Relu", ["scaled"], ["y"]),
    ],
  });
  const types = await probeShapes({ graph: made, opsets: { "": 18, "ai.onnx.ml": 3 } });
  expect([types.get("sum")?.dims, types.get("scaled")?.dims, types.get("y")?.dims]).toEqual([[], null, null]);
});

test("weights are not read: their file need not be there", async () => {
  const model = await fixtureModel("flux/flux.dynamo18-external.onnx");
  const constants = new Map(
    [...model.graph.constants].map(([name, tensor]) => {
      const { data } = tensor;
      return [
        name,
        data.kind === "external" ? { ...tensor, data: { ...data, file: "/gone/weights" } } : tensor,
      ] as const;
    }),
  );
  const feeds = await fixtureTensors("flux/flux.img96-txt40.inputs.npz");
  const types = await probeShapes({ graph: { ...model.graph, constants }, opsets: model.opsets }, shapesOf(feeds));
  expect(madeBy(model).filter((name) => !types.has(name))).toEqual([]);
});

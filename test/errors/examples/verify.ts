/**
 * @file Examples of simulation findings. Most are compiler bugs, so they are constructed here. Codes CP5500-5999.
 */
import { writeFileSync } from "node:fs";
import { equalCut } from "../../../program/shares.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromInts } from "../../../compiler/graph/tensors.ts";
import type { Layout, ShardedGraph } from "../../../compiler/shard/types.ts";
import { compareShards } from "../../../compiler/simulate/compare.ts";
import { reportOf, simulate } from "../../../compiler/simulate/simulate.ts";
import type { Spread } from "../../../compiler/simulate/types.ts";
import { encodeNpz } from "../../../ort/files/npz.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import type { OrtTensor } from "../../../ort/types.ts";
import { feeds, splitStream } from "../../simulate/stream.ts";
import { graph, node, value } from "../../support/graphs.ts";
import { split } from "../../support/sharded.ts";
import type { Example, Examples } from "../example.ts";
import { model, simple, simplePlan } from "../models.ts";

const label = { value: "add_116", node: "node_add_116", module: "transformer_blocks.0.norm1" };
const command = "onnx-cp check flux.plan.json --model flux.onnx --ulysses-degree 2 --simulate";

const floats = (...values: readonly number[]): OrtTensor => ortTensor("float32", [values.length], values);

/** As the command would print it if the ranks held these shards of the value 1, 2, 3, 4. */
function compared(
  means: string,
  given: string,
  shards: readonly OrtTensor[],
  layout: Layout,
  whole: OrtTensor = floats(1, 2, 3, 4),
  spread?: Spread,
): Example {
  const place = { layout, mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 }, lengths: {}, cut: equalCut };
  const { wrong } = compareShards(label, shards, whole, place, { absolute: 1e-5, relative: 1e-5 }, spread);
  return { means, given, command, call: async () => (wrong === null ? [] : [wrong.diagnostic]) };
}

/** As the command would print it of a sharded graph with a mistake in it. */
function simulated(means: string, given: string, sharded: ShardedGraph): Example {
  const call = async () => {
    const report = await simulate(sharded, feeds(5, 9));
    return report.ok ? [reportOf(report.value)] : report.diagnostics;
  };
  return { means, given, command, call };
}

const halves = [split(0, [4])];

/** Blocks that are announced one row too long. */
function announcedTooLong(): ShardedGraph {
  const sharded = splitStream();
  const steps = sharded.steps.map((step) => {
    if (step.kind !== "collective") return step;
    return { ...step, transfers: step.transfers.map(({ dims, ...rest }) => ({ ...rest, dims: [...dims, 7] })) };
  });
  return { ...sharded, steps };
}

const unfit: Pick<Example, "files" | "given"> = {
  files: { "a.plan.json": '{ "": [{ "x": { "split_dim": 0 } }, { "gather_dim": 0 }] }\n' },
  given: "a model that takes column 5,000 of its input, but declares any number of columns",
};

function makeUnfit(): void {
  const source = graph({
    inputs: [value("x", "float32", ["n", "m"])],
    outputs: [value("y", "float32", null)],
    nodes: [{ ...node("Gather", ["x", "column"], ["y"], { axis: int(1) }), name: "take_column" }],
    constants: new Map([["column", tensorFromInts([5000])]]),
  });
  model(source);
}

export const verify: Examples = {
  CP5501: compared(
    "A rank computed different numbers from the unsplit model.",
    "a rank that holds 3.5 instead of 3",
    [floats(1, 2), floats(3.5, 4)],
    halves,
  ),
  CP5502: compared(
    "A rank holds a different shard of the value than the proof says.",
    "a rank that holds three rows instead of two",
    [floats(1, 2), floats(2, 3, 4)],
    halves,
  ),
  CP5503: compared(
    "A rank holds a value of the wrong element type.",
    "a rank that holds integers",
    [floats(1, 2), ortTensor("int32", [2], [3, 4])],
    halves,
  ),
  CP5504: compared(
    "A value should be the same on all ranks but is not.",
    "a rank whose copy ends in 4.000001",
    [floats(1, 2, 3, 4), floats(1, 2, 3, 4.000001)],
    [],
  ),
  CP5505: compared(
    "No rank holds some elements of the value.",
    "a layout that splits both axes of a square between two ranks",
    [ortTensor("float32", [1, 1], [1]), ortTensor("float32", [1, 1], [4])],
    [split(0, [2]), split(1, [2])],
    ortTensor("float32", [2, 2], [1, 2, 3, 4]),
  ),
  CP5506: simulated(
    "A step of the sharded graph fails although the unsplit model runs.",
    "a Split that was left with the sizes of the whole stream",
    splitStream({ sizes: ["txt", "img"] }),
  ),
  CP5507: simulated(
    "A rank sends a different block from what the others expect.",
    "blocks that are declared with one axis too many",
    announcedTooLong(),
  ),
  CP5508: {
    means: "The unsplit model fails on these inputs, so there is nothing to compare with.",
    ...unfit,
    make: () => {
      makeUnfit();
      writeFileSync("inputs.npz", encodeNpz({ x: ortTensor("float32", [2, 2], [1, 2, 3, 4]) }));
    },
    command: "onnx-cp check a.plan.json --model model.onnx --ulysses-degree 2 --simulate --inputs inputs.npz",
  },
  CP5509: {
    means: "All values of all ranks agree with the unsplit model: the plan is exact on these inputs.",
    files: { "a.plan.json": simplePlan },
    given: "a model of y = relu(x)",
    make: () => model(simple),
    command: "onnx-cp check a.plan.json --model model.onnx --ulysses-degree 2 --simulate",
  },
  CP5510: {
    means: "ONNX Runtime rejects some exports. The comparison then uses their canonical form, which is equivalent.",
    files: {
      "ltx.plan.json": '{\n  "": { "hidden_states": { "split_dim": 1 } },\n  "proj_out": { "gather_dim": 1 }\n}\n',
    },
    command: "onnx-cp run ltx.plan.json --model ltx23.onnx --inputs ltx.npz --ulysses-degree 2 --verify",
  },
  CP5511: {
    means:
      "The simulation makes its own inputs: lengths that no degree divides and that fit the graph's Reshapes, windows and equal extents, indices within their tables, masks, numbers that have logarithms and roots. It then tries lengths that are multiples of 2 to 64. Some models need more.",
    ...unfit,
    make: makeUnfit,
    command: "onnx-cp check a.plan.json --model model.onnx --ulysses-degree 2 --simulate",
  },
  CP5512: compared(
    "The model rounds values to whole numbers, and the rounding moves later values so far that a wrong result could hide there.",
    "a quantised model in which noise of 1e-6 moves a value by 0.4",
    [floats(1, 2), floats(3.5, 4)],
    halves,
    floats(1, 2, 3, 4),
    { moves: 0.4, deviation: 1.1 },
  ),
  CP5513: {
    means: "NaN equals NaN, so where the unsplit model gives nothing else a wrong result would not be seen.",
    files: { "a.plan.json": simplePlan },
    given: "a model of y = log(x), and an input that is negative",
    make: () => {
      model(graph({ ...simple, nodes: [node("Log", ["x"], ["y"])] }));
      writeFileSync("inputs.npz", encodeNpz({ x: ortTensor("float32", [2, 4], [1, 2, 3, -4, -5, -6, -7, -8]) }));
    },
    command: "onnx-cp check a.plan.json --model model.onnx --ulysses-degree 2 --simulate --inputs inputs.npz",
  },
};

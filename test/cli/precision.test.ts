/**
 * @file The tolerance of `--verify` for models that compute in float16 between float32 inputs and outputs.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { compareRuns } from "../../cli/run/compare.ts";
import { weakestOf } from "../../cli/run/precision.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { elemCode } from "../../compiler/graph/elements.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { ElemType, Node } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { writeNpz } from "../../ort/files/npz.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { temporaryFolder } from "../support/files.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, node, noise, random, value } from "../support/graphs.ts";
import { capture } from "./capture.ts";

const CHANNELS = 64;
const to = (elem: ElemType) => ({ to: int(elemCode(elem)) });

/** The mean over all tokens, in float16, of a stream that the plan splits. Each rank sums its own rows, so that sums round otherwise. */
async function modelFile(nodes: readonly Node[], outputs: readonly string[]): Promise<string> {
  const file = join(await temporaryFolder(), "model.onnx");
  const constants = new Map([
    ["w", tensorFromNumbers("float16", [CHANNELS], noise(3, CHANNELS))],
    ["axes", tensorFromNumbers("int64", [1], [1])],
  ]);
  const made = graph({
    inputs: [value("x", "float32", [1, "tokens", CHANNELS])],
    outputs: outputs.map((name) => value(name, "float32", null)),
    nodes,
    constants,
  });
  await writeFile(file, writeModel(made, { opsets: { "": 18 } }));
  return file;
}

const INSIDE = [
  node("Cast", ["x"], ["half"], to("float16")),
  node("Mul", ["half", "w"], ["scaled"]),
  node("ReduceSum", ["scaled", "axes"], ["sum"]),
  node("Cast", ["sum"], ["y"], to("float32")),
];

test("the weakest type between the inputs and each output", async () => {
  const beside = [node("Cast", ["w"], ["wide"], to("float32")), node("Mul", ["x", "wide"], ["z"])];
  const dead = node("Cast", ["x"], ["unused"], to("bfloat16"));
  const file = await modelFile([...INSIDE, ...beside, dead], ["y", "z"]);
  // The weights of z are stored in float16, which rounds nothing that is computed.
  expect(weakestOf(valueOf(await canonicalModel(file)))).toEqual({ y: "float16", z: "float32" });
});

test("run --verify compares with the tolerance of float16 and says why", async () => {
  const folder = await temporaryFolder();
  const file = await modelFile(INSIDE, ["y"]);
  const [plan, inputs] = [join(folder, "a.plan.json"), join(folder, "x.npz")];
  await writeFile(plan, JSON.stringify({ "": { x: { split_dim: 1 } } }));
  await writeNpz(inputs, { x: random(5, [1, 700, CHANNELS]) });
  const io = capture();
  const argv = ["run", plan, "--model", file, "--inputs", inputs, "--verify", "--ring-degree", "3", "--format", "json"];
  const exitCode = await main(argv, io);
  const { verification } = (JSON.parse(io.stdout()) as { result: { verification: { largest_absolute: number }[] } })
    .result;
  expect(verification).toMatchObject([
    { name: "y", ok: true, because: "float16 inside", tolerance: { atol: 1e-2, rtol: 1e-2 } },
  ]);
  expect(exitCode).toBe(0);
  // By the type of the output alone this correct run would fail.
  expect(verification[0]!.largest_absolute).toBeGreaterThan(1e-3);
});

test("a precision inside loosens, and never tightens", () => {
  const at = (elem: "float32" | "float16", x: number) => ({
    elem,
    dims: [1],
    data: elem === "float32" ? Float32Array.of(x) : Uint16Array.of(x),
  });
  const pair = [{ y: at("float32", 1.015) }, { y: at("float32", 1) }] as const;
  expect(compareOutputs(...pair)).toMatchObject([{ ok: false, because: "float32" }]);
  expect(compareOutputs(...pair, { y: "float16" })).toMatchObject([{ ok: true, because: "float16 inside" }]);
  expect(compareOutputs(...pair, { y: "float64" })).toMatchObject([{ ok: false, because: "float32" }]);
  const halves = [{ y: at("float16", 0x3c01) }, { y: at("float16", 0x3c00) }] as const;
  expect(compareOutputs(...halves, { y: "float32" })).toMatchObject([{ ok: true, because: "float16" }]);
});

test("an output behind a rounding is compared by how far noise moves the unsplit model", async () => {
  const expected = { y: random(1, [1, 64], "float32") };
  const file = join(await temporaryFolder(), "model.onnx");
  const constants = new Map([
    ["many", tensorFromNumbers("float32", [], [1e6])],
    ["few", tensorFromNumbers("float32", [], [1e-2])],
  ]);
  const nodes = [
    node("Mul", ["x", "many"], ["a"]),
    node("Round", ["a"], ["b"]),
    node("Mul", ["b", "few"], ["c"]),
    node("Sin", ["c"], ["y"]),
  ];
  const made = graph({
    inputs: [value("x", "float32", [1, "n"])],
    outputs: [value("y", "float32", null)],
    nodes,
    constants,
  });
  await writeFile(file, writeModel(made, { opsets: { "": 18 } }));
  const inputs = { x: random(5, [1, 64]) };
  const data = Float32Array.from(expected.y.data as Float32Array);
  const at = async (distance: number) => {
    data[7] = Number(expected.y.data[7]) + distance;
    return (await compareRuns(file, inputs, { y: { ...expected.y, data } }, expected))[0]!;
  };
  expect(await at(0.01)).toMatchObject({ ok: true, because: expect.stringContaining("noise") as string });
  expect((await at(0.01)).tolerance.atol).toBeLessThan(0.25);
  expect(await at(0.5)).toMatchObject({ ok: false });
});

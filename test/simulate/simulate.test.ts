/**
 * @file The oracle on a hand-made sharded graph: correct ones pass at any length, and each kind of error is reported at the step that
 * causes it.
 */
import { expect, test } from "vitest";
import { add } from "../../compiler/expr/expr.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { reportOf, simulate } from "../../compiler/simulate/simulate.ts";
import type { SimulationReport } from "../../compiler/simulate/simulate.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { canonical, canonicalNode, integers, random, shape } from "../support/graphs.ts";
import { originIn, sharded } from "../support/sharded.ts";
import { feeds, from, chunkOf, splitStream } from "./stream.ts";
import type { Mistake } from "./stream.ts";

const run = async (graph: ShardedGraph, tensors: OrtTensors = feeds(5, 9)): Promise<SimulationReport> =>
  valueOf(await simulate(graph, tensors));

test.each([
  [5, 9],
  [6, 9],
  [1, 4],
  [2, 2],
  [0, 3],
])("text %i and image %i on three ranks are exact, empty chunks included", async (txt, img) => {
  const report = await run(splitStream(), feeds(txt, img));
  expect(report).toMatchObject({ ranks: 3, wrong: null, wrongCount: 0, unchecked: [] });
  expect([...report.differences.keys()]).toEqual([
    "x.local",
    "t.local",
    "joint",
    "table.local",
    "scaled",
    "tp",
    "ip",
    "out",
    "out.whole",
  ]);
  expect(report.compared).toBe(9);
  expect(reportOf(report)).toMatchObject({ code: "CP5509", severity: "note" });
});

const contiguous: Mistake["table"] = [[from(add("txt", "img")), chunkOf(add("txt", "img"))]];

test("a table sliced contiguously is wrong where it was sliced, though every shape fits", async () => {
  const report = await run(splitStream({ table: contiguous }), feeds(6, 9));
  expect(report.wrong).toMatchObject({
    value: "table.local",
    node: "table.local.Slice",
    module: "rope",
    rank: 0,
    index: [6, 0],
  });
  expect(report.wrongCount).toBeGreaterThan(2);
  expect(reportOf(report).code).toBe("CP5501");
});

test("where the slice has no counterpart, its first reader is wrong, and the slice is listed as unchecked", async () => {
  const report = await run(splitStream({ table: contiguous, tableIsLike: false }), feeds(6, 9));
  expect(report.unchecked).toEqual(["table.local"]);
  expect(report.wrong).toMatchObject({ value: "scaled", node: "scaled.Mul", module: "rope" });
});

test("a number left as it was before the split stops the step that reads it, by name", async () => {
  const report = await run(splitStream({ sizes: ["txt", "img"] }));
  expect(report.wrong).toMatchObject({ value: "tp", node: "tp.Split", module: "blocks.0", rank: 0 });
  expect(report.wrong?.diagnostic).toMatchObject({ code: "CP5506" });
  expect(report.differences.has("scaled")).toBe(true);
});

test("blocks laid in the wrong order are wrong after the gather", async () => {
  const report = await run(splitStream({ gathered: ["b1", "b0", "b2"] }), feeds(6, 9));
  expect(report.wrong).toMatchObject({ value: "out.whole", rank: 0, index: [0, 0, 0] });
});

test("a value said to be whole, but split, is told by its shape", async () => {
  const graph = splitStream();
  const report = await run({ ...graph, layouts: new Map([...graph.layouts, ["joint", []]]) });
  expect(report.wrong?.diagnostic).toMatchObject({ code: "CP5502" });
  expect(report.wrong?.diagnostic.message).toContain("has the shape [1, 5, 2] on rank 0; its layout gives [1, 14, 2]");
});

test("lengths that break an equation are refused before anything runs, with both numbers", async () => {
  const result = await simulate(splitStream(), feeds(5, 9, 15));
  expect(texts(result.diagnostics)).toEqual([
    'CP6007 table axis 0 is 15, but t axis 1 + x axis 1 is 14; the split in module "rope" is exact only if they agree',
  ]);
});

test("feeds that are missing, of another type, rank or extent are refused", async () => {
  const { x, t } = feeds(5, 9);
  const codes = async (tensors: OrtTensors): Promise<readonly string[]> =>
    (await simulate(splitStream(), tensors)).diagnostics.map(({ code }) => code);
  expect(await codes({ x: x!, t: t! })).toEqual(["CP6000"]);
  expect(await codes({ ...feeds(5, 9), t: random(1, [1, 5, 2], "float64") })).toEqual(["CP6003"]);
  expect(await codes({ ...feeds(5, 9), t: random(1, [5, 2]) })).toEqual(["CP6004"]);
  expect(await codes({ ...feeds(5, 9), t: random(1, [1, 5, 3]) })).toEqual(["CP6005"]);
});

test("a split that leaves a rank without a token is refused where the plan asks for it", async () => {
  const minimum = { extent: "img", atLeast: 3, name: "x axis 1", slice: "x.local", origin: originIn("") };
  const asked = { ...splitStream(), minimums: [minimum] };
  expect(texts((await simulate(asked, feeds(5, 2))).diagnostics)).toEqual([
    "CP6008 x axis 1 is 2, fewer than the 3 ranks that it is split over",
  ]);
  expect((await run(asked, feeds(5, 3))).wrong).toBeNull();
});

test("an unsplit model that does not run is no finding about the split", async () => {
  const graph = canonical({
    inputs: { x: shape("float32", "s") },
    outputs: ["y"],
    nodes: [canonicalNode("Reshape", ["x", "target"], ["y"])],
    shapes: { y: shape("float32", 2, 2) },
    integers: { target: integers(2, 2) },
  });
  const made = sharded({ graph, steps: [], layouts: { y: [] } });
  const result = await simulate(made, { x: random(1, [3]) });
  expect(texts(result.diagnostics)[0]).toMatch(/^CP5508 the unsplit model fails on these inputs: .*Reshape/);
});

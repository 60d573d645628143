/**
 * @file Numbers read from a shape before the split that bound a slice, or size a value, after it: the compiler makes them local where they
 * are used. Without that step, the same plan gives wrong values on the exports that read such numbers.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { evaluate, RANK } from "../../compiler/expr/expr.ts";
import { shard } from "../../compiler/shard/shard.ts";
import type { LocalStep, ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { equalCut } from "../../program/shares.ts";
import { boundFixture, shippedPlan } from "../support/compiled.ts";
import { fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";

/** Operators whose operands are left as they were. */
const left = vi.hoisted(() => ({ ops: new Set<string>() }));

vi.mock(import("../../compiler/shard/propagate/local-operands.ts"), async (original) => {
  const { localOperands } = await original();
  return {
    localOperands: (state, node, ...rest) => (left.ops.has(node.op) ? node : localOperands(state, node, ...rest)),
  };
});

beforeEach(() => left.ops.clear());

const mesh = meshes["ulysses 2"];

/** Without the verifier, which finds the mutants before they run. */
async function sharded(file: string): Promise<ShardedGraph> {
  return valueOf(shard(await boundFixture(`qwenimage/${file}.onnx`, shippedPlan("qwenimage")), { ...mesh, mesh }));
}

/** The bounds of a slice in the unsplit graph, where they are numbers, and those of a rank. */
function ends(graph: ShardedGraph): readonly (readonly [whole: number, local: number])[] {
  const own = new Map(graph.graph.nodes.map((node) => [node.name, node.inputs]));
  const slices = graph.steps.filter((step): step is LocalStep => step.kind === "local" && step.node.op === "Slice");
  return slices.flatMap(({ node }) => {
    const whole = graph.graph.integers.get(own.get(node.name)?.[2] ?? "")?.elements[0];
    const local = graph.integers.get(node.inputs[2]!)?.elements[0];
    if (whole === undefined || local === undefined || !node.inputs[2]!.includes("::local")) return [];
    const lengths = { batch: 2, txt: 13, [RANK]: 0 };
    return [[evaluate(whole, lengths), evaluate(local, lengths, equalCut)] as const];
  });
}

describe.each([
  ["qwenimage.dynamo18-dynamic", "qwenimage.batch2-txt13"],
  ["qwenimage.dynamo23-dynamic", "qwenimage.batch2-txt13"],
  ["qwenimage-zero.dynamo18-dynamic", "qwenimage-zero.txt13"],
])("%s", (file, sample) => {
  const wrongIn = async (...ops: readonly string[]): Promise<string | null> => {
    for (const op of ops) left.ops.add(op);
    const feeds = await fixtureTensors(`qwenimage/${sample}.inputs.npz`);
    const { wrong } = valueOf(await simulate(await sharded(file), feeds));
    return wrong === null ? null : `${wrong.node} in ${wrong.module}: ${wrong.diagnostic.message}`;
  };

  test("the text's length bounds slices inside blocks", async () => {
    const bounds = ends(await sharded(file));
    // Of 13 tokens of text, the first of two ranks has 7.
    expect(bounds.filter(([whole, local]) => whole === 13 && local === 7).length).toBeGreaterThan(0);
  });

  test("every value is right", async () => {
    expect(await wrongIn()).toBeNull();
  });

  test("a slice with the whole text's length takes other rows", async () => {
    expect(await wrongIn("Slice")).toMatch(/slice/);
  });

  test("a reshape to the whole extents fails", async () => {
    expect(await wrongIn("Reshape")).toMatch(/view/);
  });
});

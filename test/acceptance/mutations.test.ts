/**
 * @file Sharded graphs with one bug each, typical of a naive compiler: the simulator must find every one. Otherwise its clean results would
 * prove nothing.
 */
import { expect, test } from "vitest";
import type { CanonicalNode, IntegerValue } from "../../compiler/ir/types.ts";
import { RANK, add, start, sub } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import type { ShardedGraph, ShardedStep } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { SimulationReport } from "../../compiler/simulate/simulate.ts";
import { shardedFixture, shippedPlan } from "../support/compiled.ts";
import { valueOf } from "../support/fixtures.ts";
import { fluxFeeds, idsWhole, imageOnly } from "../support/flux.ts";
import { meshes } from "../support/meshes.ts";

async function simulated(graph: ShardedGraph, size: string): Promise<SimulationReport> {
  return valueOf(await simulate(graph, await fluxFeeds(size)));
}

function nodeThatMakes({ steps }: ShardedGraph, value: string): CanonicalNode {
  const made = steps.flatMap((step) => (step.kind === "local" ? [step.node] : []));
  const node = made.find(({ outputs }) => outputs.includes(value));
  if (node === undefined) throw new Error(`no step makes ${value}`);
  return node;
}

function replaceNode(graph: ShardedGraph, old: CanonicalNode, node: CanonicalNode): ShardedGraph {
  const steps = graph.steps.map((step): ShardedStep =>
    step.kind === "local" && step.node === old ? { ...step, node } : step,
  );
  return { ...graph, steps };
}

/** Every aligned value takes as many rows as before, but one run of them: where its segments laid end to end would be cut. */
function contiguous(graph: ShardedGraph): ShardedGraph {
  const { mesh } = graph;
  const integers = new Map(graph.integers);
  const only = (name: string): Expr => graph.integers.get(name)!.elements[0]!;
  const put = (name: string, element: Expr): void =>
    void integers.set(name, { ...integers.get(name)!, elements: [element] });
  for (const { aligned, layout } of graph.alignments) {
    const total = add(0, ...layout[0]!.segments.map(({ length }) => length));
    let begin = start("sequence", total, mesh.ring_degree * mesh.ulysses_degree, RANK);
    for (const slice of nodeThatMakes(graph, aligned).inputs) {
      const [, start = "", end = ""] = nodeThatMakes(graph, slice).inputs;
      const next = add(begin, sub(only(end), only(start)));
      put(start, begin);
      put(end, next);
      begin = next;
    }
  }
  return { ...graph, integers };
}

test.each(["img96-txt40", "img90-txt37"])("alignment by contiguous rows is wrong at %s", async (size) => {
  const graph = await shardedFixture("flux/flux.dynamo18-dynamic.onnx", idsWhole, meshes["ulysses 2"]);
  const { wrong, wrongCount, differences } = await simulated(contiguous(graph), size);
  expect(graph.alignments.map(({ aligned }) => aligned)).toContain(wrong?.value);
  expect(wrongCount).toBeGreaterThan(100);
  // Only right values have a difference: the model's output is not among them.
  expect(differences.has(graph.graph.outputs[0]!)).toBe(false);
});

test("text that stays whole where it joins the split image is found there", async () => {
  const graph = await shardedFixture("flux/flux.dynamo18-dynamic.onnx", imageOnly, meshes["ulysses 2"]);
  const local = new Map(graph.alignments.map(({ value, aligned }) => [aligned, value]));
  const joints = graph.graph.nodes.filter(({ op, outputs }) => {
    return op === "Concat" && nodeThatMakes(graph, outputs[0]!).inputs.some((name) => local.has(name));
  });
  expect(joints.length).toBeGreaterThan(0);
  for (const { outputs } of joints) {
    const joint = nodeThatMakes(graph, outputs[0]!);
    const whole = { ...joint, inputs: joint.inputs.map((name) => local.get(name) ?? name) };
    const { wrong } = await simulated(replaceNode(graph, joint, whole), "img96-txt40");
    expect(wrong?.value).toBe(outputs[0]);
    expect(wrong?.diagnostic.message).toMatch(/shape/);
  }
});

interface Bound {
  readonly step: CanonicalNode;
  readonly operand: number;
  /** The integers of the unsplit graph that a naive compiler would have left. */
  readonly whole: string;
}

/** Integer operands that became local. */
function localBounds(graph: ShardedGraph): readonly Bound[] {
  const unsplit = new Map(graph.graph.nodes.map((node) => [node.outputs[0]!, node]));
  return graph.steps.flatMap((step): readonly Bound[] => {
    const before = step.kind === "local" ? unsplit.get(step.node.outputs[0]!) : undefined;
    if (step.kind !== "local" || before === undefined) return [];
    return step.node.inputs.flatMap((name, operand) => {
      const whole = before.inputs[operand]!;
      return name === whole || !graph.graph.integers.has(whole) ? [] : [{ step: step.node, operand, whole }];
    });
  });
}

function leaveWhole(graph: ShardedGraph, { step, operand, whole }: Bound): ShardedGraph {
  const integers = new Map<string, IntegerValue>([...graph.integers, [whole, graph.graph.integers.get(whole)!]]);
  const node = { ...step, inputs: step.inputs.with(operand, whole) };
  return { ...replaceNode(graph, step, node), integers };
}

const torchscript = (): Promise<ShardedGraph> =>
  shardedFixture("flux/flux.torchscript18-static.onnx", shippedPlan("flux"), meshes["ulysses 2"]);

test("each cut behind the split at the whole edge between text and image is found where it cuts", async () => {
  const graph = await torchscript();
  const text = 40;
  const cuts = localBounds(graph).filter(({ step, whole }) => {
    return step.op === "Slice" && graph.graph.integers.get(whole)!.elements[0] === text;
  });
  expect(new Set(cuts.map(({ step }) => step.scope.split(".")[0])).size).toBeGreaterThan(1);
  for (const bound of cuts) {
    const { wrong } = await simulated(leaveWhole(graph, bound), "img96-txt40");
    expect(wrong?.value).toBe(bound.step.outputs[0]);
  }
});

test("targets of Reshape and Expand on a split axis, left whole, are found", async () => {
  const graph = await torchscript();
  const targets = localBounds(graph).filter(({ step }) => step.op === "Reshape" || step.op === "Expand");
  expect(targets.length).toBeGreaterThan(10);
  const naive = targets.reduce(leaveWhole, graph);
  const { wrong, wrongCount } = await simulated(naive, "img96-txt40");
  expect(targets.map(({ step }) => step.outputs[0])).toContain(wrong?.value);
  expect(wrongCount).toBeGreaterThan(0);
});

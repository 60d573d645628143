/**
 * @file Possible bugs of a scheme, inserted into its sharded graph one at a time: the comparison with the unsplit graph finds each.
 */
import { describe, expect, test } from "vitest";
import { add, mod, RANK, substitute } from "../../compiler/expr/expr.ts";
import type { CollectiveStep, LocalStep, ShardedGraph, ShardedStep } from "../../compiler/shard/types.ts";
import { valueOf } from "../support/fixtures.ts";
import { sharded, simulated, type Prepared } from "./cell.ts";
import { gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { feedsOf } from "./samples.ts";
import type { Scheme } from "./schemes.ts";

/** Even, so that a block in the wrong place still has the right extents: only its numbers tell. */
const SIZES = { batch: 2, img: 12, txt: 6 };
const MASKED: FamilyMember = { ...JOINT, mask: "additive rows x keys" };
const feeds = feedsOf(MASKED, SIZES);

type Mutation = (graph: ShardedGraph) => ShardedGraph;

const locals = (graph: ShardedGraph, change: (step: LocalStep, index: number) => LocalStep): ShardedGraph => ({
  ...graph,
  steps: graph.steps.map((step, i): ShardedStep => (step.kind === "local" ? change(step, i) : step)),
});
const collectives = (
  graph: ShardedGraph,
  purpose: string,
  change: (step: CollectiveStep) => CollectiveStep,
): ShardedGraph => ({
  ...graph,
  steps: graph.steps.map((step): ShardedStep =>
    step.kind === "collective" && step.purpose === purpose ? change(step) : step,
  ),
});
const withInputs = (step: LocalStep, inputs: readonly string[]): LocalStep => ({
  ...step,
  node: { ...step.node, inputs },
});
const swapped =
  (op: string, a: number, b: number): Mutation =>
  (graph) =>
    locals(graph, (step) => {
      const { inputs } = step.node;
      return step.node.op === op ? withInputs(step, inputs.with(a, inputs[b]!).with(b, inputs[a]!)) : step;
    });

/** Slices of the mask, or of some axis of it, take what another rank should have. */
const maskOfNeighbour =
  (axis: number): Mutation =>
  (graph) => {
    const ranks = graph.mesh.ring_degree * graph.mesh.ulysses_degree;
    const next = new Map([[RANK, mod(add(RANK, 1), ranks)]]);
    const slices = graph.steps.filter(
      (s): s is LocalStep => s.kind === "local" && s.node.op === "Slice" && s.node.inputs[0]!.startsWith("mask"),
    );
    const bounds = new Set(
      slices
        .filter(({ node }) => graph.integers.get(node.inputs[3]!)?.elements[0] === axis)
        .flatMap(({ node }) => node.inputs.slice(1, 3)),
    );
    expect(bounds.size).toBeGreaterThan(0);
    const integers = new Map(
      [...graph.integers].map(
        ([name, value]) =>
          [
            name,
            bounds.has(name) ? { ...value, elements: value.elements.map((e) => substitute(e, next)) } : value,
          ] as const,
      ),
    );
    return { ...graph, integers };
  };

/** From its second chunk on, a rank attends to the chunk before once more. */
const staleChunk: Mutation = (graph) => {
  let before: readonly string[] | null = null;
  return locals(graph, (step) => {
    if (step.node.op !== "AttentionPart") return step;
    const { inputs } = step.node;
    const stale = before === null ? step : withInputs(step, [inputs[0]!, ...before, ...inputs.slice(3)]);
    before = inputs.slice(1, 3);
    return stale;
  });
};

const reversedBlocks =
  (purpose: string): Mutation =>
  (graph) =>
    collectives(graph, purpose, (step) => ({
      ...step,
      transfers: step.transfers.map((t) => ({ ...t, receive: t.receive.toReversed() })),
    }));

/** Parts are merged over the first of them again. */
const forgottenPart: Mutation = (graph) =>
  locals(graph, (step) =>
    step.node.op === "AttentionMerge"
      ? withInputs(step, [...step.node.inputs.slice(0, 3), ...step.node.inputs.slice(0, 3)])
      : step,
  );

const mutations: readonly (readonly [string, Scheme, Mutation])[] = [
  ["the maxima of a merge changed over", rotating(3), swapped("AttentionMerge", 1, 4)],
  ["the sums of a merge changed over", rotating(3), swapped("AttentionMerge", 2, 5)],
  ["the outputs of a merge changed over", rotating(3), swapped("AttentionMerge", 0, 3)],
  ["a part forgotten in the merge", rotating(3), forgottenPart],
  ["a sum taken for a maximum at the end", rotating(3), swapped("AttentionFinish", 1, 2)],
  ["the mask's columns of another chunk", rotating(3), maskOfNeighbour(3)],
  ["the mask's rows of another rank", rotating(3), maskOfNeighbour(2)],
  ["the mask's rows of another rank, gathered ring", gathering(3), maskOfNeighbour(2)],
  ["a chunk met twice", rotating(3), staleChunk],
  ["chunks in the wrong order", gathering(3), reversedBlocks("ring")],
  ["chunks in the wrong order, unified", gathering(3, 2), reversedBlocks("ring")],
  ["heads sent to the wrong member", ulysses(3), reversedBlocks("ulysses in")],
  ["rows sent back to the wrong member", ulysses(3), reversedBlocks("ulysses out")],
];

describe("each is found where it is made", () => {
  test.each(mutations)("%s", async (_, scheme, mutate) => {
    await withMember(MASKED, async (prepared: Prepared) => {
      const graph = valueOf(sharded(prepared, scheme));
      expect((await simulated(graph, feeds)).wrong).toBeNull();
      const { wrong } = await simulated(mutate(graph), feeds);
      expect(wrong?.module).toBe("block.attn");
    });
  });
});

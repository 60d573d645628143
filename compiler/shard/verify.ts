/**
 * @file Invariants of every sharded graph: each value is written once, before it is read; layouts match shapes; each rank's extents are
 * those that the operator gives for its operands; both ends of a collective agree. A finding is an error of the compiler. Does not repeat
 * the proof of the plan.
 */
import { outputShapes, viewOf } from "../operators/infer.ts";
import type { ValueShape } from "../ir/types.ts";
import { PEER, RANK, show, substitute, withinLimits, type Expr } from "../expr/expr.ts";
import { before, groupSize, rankAt } from "../../program/mesh.ts";
import { extentOf, localDims } from "./layout.ts";
import { reads, writes } from "./prune.ts";
import { agreement, type Agree } from "./samples.ts";
import type { CollectiveStep, LocalStep, ShardedGraph, Transfer } from "./types.ts";

/** Violations; empty if the sharded graph is correct. */
export function verifySharded(graph: ShardedGraph): readonly string[] {
  const agree = agreement(graph);
  const local = localProblems(graph, agree);
  return [
    ...orderProblems(graph),
    ...[...graph.layouts.keys()].flatMap((name) => layoutProblems(graph, name, agree)),
    ...graph.steps.flatMap((step) =>
      step.kind === "local" ? local(step) : step.transfers.flatMap((t) => transferProblems(graph, step, t, agree)),
    ),
  ];
}

function orderProblems({ graph, steps, integers }: ShardedGraph): readonly string[] {
  const problems: string[] = [];
  const written = new Set([...graph.inputs.map((i) => i.name), ...graph.constants.keys(), ...integers.keys()]);
  for (const step of steps) {
    const name = step.kind === "local" ? step.node.name : step.name;
    for (const value of reads(step)) {
      if (!written.has(value)) problems.push(`${name} reads ${value}, which nothing wrote before`);
    }
    for (const value of writes(step)) {
      if (written.has(value)) problems.push(`${name} writes ${value} a second time`);
      written.add(value);
    }
  }
  return [...problems, ...graph.outputs.filter((o) => !written.has(o)).map((o) => `nothing writes the output ${o}`)];
}

/** A layout names axes that exist, each once, with segments that fill them; outside attention at most one. The batch is apart from that. */
function layoutProblems(sharded: ShardedGraph, name: string, agree: Agree): readonly string[] {
  const { graph, mesh, shapes, layouts, localShapes } = sharded;
  const layout = layouts.get(name) ?? [];
  const dims = shapes.get(name)?.dims;
  const held = localShapes.get(name)?.dims;
  if (dims === undefined || held === undefined) return [`${name} has a layout and no shape`];
  const rest = layout.filter((s) => s.over !== "batch");
  const axes = new Set(rest.map((s) => s.axis));
  const isTwice =
    layout.slice(1).some((s) => s.over === "batch") ||
    axes.size < rest.length ||
    (rest.length > 1 && rest.some((s) => s.over === "sequence"));
  const wanted = localDims(dims, layout, mesh, RANK);
  return [
    ...(isTwice ? [`${name} is split twice`] : []),
    ...(graph.outputs.includes(name) && layout.length > 0 ? [`the output ${name} is still split`] : []),
    ...(agree(held, wanted) ? [] : [`a rank holds ${say(held)} of ${name}, where its layout says ${say(wanted)}`]),
    ...layout.flatMap((shard, i) => {
      const extent = localDims(dims, layout.slice(0, i), mesh, RANK)[shard.axis];
      if (extent === undefined) return [`${name} is split on axis ${shard.axis} of ${dims.length}`];
      return agree([extent], [extentOf(shard)])
        ? []
        : [`axis ${shard.axis} of ${name} is ${show(extent)}, its segments ${show(extentOf(shard))}`];
    }),
  ];
}

/** The operator, applied to a rank's extents, gives the rank's stated extents. */
function localProblems(graph: ShardedGraph, agree: Agree): (step: LocalStep) => readonly string[] {
  const operands = [...graph.integers].map(([name, { elem, dims }]) => [name, { elem, dims }] as const);
  const shapes = new Map<string, ValueShape>([...graph.localShapes, ...operands]);
  const known = { shapes, integers: graph.integers, constants: graph.graph.constants };
  return ({ node }) => {
    const view = viewOf(node, { ...known, declared: (name) => shapes.get(name) ?? null });
    const made = withinLimits(() => outputShapes(view));
    return node.outputs.flatMap((name, i) => {
      const dims = shapes.get(name)?.dims;
      const ruled = made?.[i]?.dims;
      if (name === "") return [];
      if (dims === undefined) return [`${name} has no shape`];
      if (ruled === undefined || agree(dims, ruled)) return [];
      return [`a rank holds ${say(dims)} of ${name}, where ${node.name} (${node.op}) gives ${say(ruled)}`];
    });
  };
}

/** What one rank sends is what its peer expects. */
function transferProblems(
  graph: ShardedGraph,
  step: CollectiveStep,
  transfer: Transfer,
  agree: Agree,
): readonly string[] {
  const { mesh } = graph;
  const size = groupSize(step.group, mesh);
  const [sent, received] = [step.collective === "all-to-all" ? size : 1, step.collective === "shift" ? 1 : size];
  if (transfer.send.length !== sent || transfer.receive.length !== received)
    return [`${step.name} sends ${transfer.send.length} and receives ${transfer.receive.length} of ${size} blocks`];
  const flat = (member: number): Expr => rankAt(step.group, member, RANK, mesh);
  const from = (i: number): Expr => (step.collective === "shift" ? before(RANK, 1, mesh) : flat(i));
  const ends = [
    ...transfer.send.map((value, i) => [value, new Map([[PEER, flat(i)]])] as const),
    ...transfer.receive.map(
      (value, i) =>
        [
          value,
          new Map([
            [RANK, from(i)],
            [PEER, RANK],
          ] as const),
        ] as const,
    ),
  ];
  return ends.flatMap(([value, names]) => {
    const dims = graph.localShapes.get(value)?.dims ?? [];
    const wanted = transfer.dims.map((d) => substitute(d, names));
    return agree(dims, wanted) ? [] : [`${value} is ${say(dims)}, its block ${say(wanted)} in ${step.name}`];
  });
}

function say(dims: readonly Expr[]): string {
  return `(${dims.map(show).join(", ")})`;
}

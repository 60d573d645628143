/**
 * @file What one execution of a piece computes, branches included. Knows no rank and no step.
 */
import { elemBytes, sizeOf } from "../compiler/graph/elements.ts";
import { valuesReadBy } from "../compiler/graph/reads.ts";
import type { Graph, Node } from "../compiler/graph/types.ts";
import type { Execution } from "../memory/executions.ts";
import { branchesOf, shapesInBranch } from "../memory/sizes.ts";
import type { Shapes, TensorShape } from "../memory/sizes.ts";
import { computationOf, NOTHING, plus } from "./operators.ts";
import type { Computation } from "./operators.ts";

export function computationOfPiece({ graph, shapes, integers }: Known): Computation {
  return ofGraph({ graph, shapes, integers }, Infinity);
}

type Known = Pick<Execution, "graph" | "shapes" | "integers">;

/** Bytes of values that are larger than `most` are not counted. */
function ofGraph(known: Known, most: number): Computation {
  const { shapes } = known;
  const { nodes } = known.graph;
  const shapeOf = (name: string): TensorShape | undefined => known.integers.get(name) ?? shapes.get(name);
  const counted = (name: string): TensorShape | undefined => {
    const shape = shapeOf(name);
    return shape === undefined || bytesOf(shape) > most ? undefined : shape;
  };
  let sum = NOTHING;
  for (const node of nodes) {
    // Operations follow from the extents, whether the values are counted or not.
    const of = node.op === "MatMul" ? shapeOf : counted;
    const constant = node.inputs.map((name) => known.integers.has(name));
    sum = plus(sum, computationOf(node, { operands: node.inputs.map(of), results: node.outputs.map(of), constant }));
    sum = plus(sum, ofBranches(node, known));
  }
  return sum;
}

/**
 * Of the branch that usually runs: the one without a loop, whose work is that of the loop, and with the fewest operations, since a
 * branch that computes attention anew is there for numbers that hardly occur.
 */
function ofBranches(node: Node, { shapes, integers }: Known): Computation {
  const branches = branchesOf(node).map((graph) => {
    const all = shapesInBranch(graph, shapes, integers);
    const known = { graph, shapes: all, integers: around(graph, integers) };
    return { loops: graph.nodes.some(({ op }) => op === "Loop"), computed: ofGraph(known, largest(graph, all)) };
  });
  const ordered = branches.toSorted(
    (a, b) => Number(a.loops) - Number(b.loops) || operationsOf(a.computed) - operationsOf(b.computed),
  );
  return ordered[0]?.computed ?? NOTHING;
}

/** Constants of a branch, and those around it that it reads. */
function around({ nodes, constants }: Graph, outer: Known["integers"]): Known["integers"] {
  const read = nodes.flatMap(valuesReadBy).filter((name) => outer.has(name));
  return new Map([...read.map((name) => [name, outer.get(name)!] as const), ...constants]);
}

/** Values inside a branch that are larger than all that it reads and returns are logits, which exist block by block in the cache. */
function largest(branch: Graph, shapes: Shapes): number {
  const inside = new Set(branch.nodes.flatMap(({ outputs }) => outputs));
  const read = branch.nodes.flatMap(valuesReadBy).filter((name) => !inside.has(name));
  const sizes = [...read, ...branch.outputs.map(({ name }) => name)].map((name) => {
    const shape = shapes.get(name);
    return shape === undefined ? 0 : bytesOf(shape);
  });
  return Math.max(0, ...sizes);
}

function operationsOf({ products, attention }: Computation): number {
  return products + attention;
}

function bytesOf({ elem, dims }: TensorShape): number {
  return elemBytes(elem) * sizeOf(dims);
}

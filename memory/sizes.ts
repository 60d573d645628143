/**
 * @file Extents and bytes of the values of a graph whose inputs have known extents, by the rules of the operators. Knows no rank and no step.
 */
import { elemBytes, sizeOf } from "../compiler/graph/elements.ts";
import { valuesReadBy } from "../compiler/graph/reads.ts";
import type { ElemType, Graph, Node, Tensor } from "../compiler/graph/types.ts";
import type { CanonicalNode, ValueShape } from "../compiler/ir/types.ts";
import { infer } from "../compiler/operators/infer.ts";
import type { Normalised } from "../compiler/operators/infer.ts";
import type { NodeView } from "../compiler/operators/types.ts";

/** A tensor of known extents. */
export interface TensorShape {
  readonly elem: ElemType;
  readonly dims: readonly number[];
}

export type Shapes = ReadonlyMap<string, TensorShape>;

/** Values that are known by their elements, so that the extents of others can follow from them. */
type Integers = ReadonlyMap<string, Tensor>;

/** Shapes of all values of a graph, as far as they follow from the inputs. A value with an extent that depends on data has none. */
export function shapesIn(graph: Graph, inputs: Shapes, integers: Integers): Shapes {
  const nodes = graph.nodes.map((node): CanonicalNode => ({ ...node, scope: "" }));
  const given = [...inputs].map(([name, shape]) => ({ name, shape }));
  const constants = new Map([...graph.constants, ...integers]);
  const keep = new Set(nodes.flatMap(({ outputs }) => outputs));
  // Results of branches are known only after all around them: a second pass sees them.
  const first = known(infer(nodes, given, constants, () => null, keep, asItIs).shapes);
  const branched = new Map(graph.nodes.flatMap((node) => resultsOfBranches(node, first, constants)));
  if (branched.size === 0) return first;
  return known(infer(nodes, given, constants, (name) => branched.get(name) ?? null, keep, asItIs).shapes);
}

/** Branches of a node: subgraphs without inputs of their own. */
export function branchesOf({ attributes }: Pick<Node, "attributes">): readonly Graph[] {
  return Object.values(attributes).flatMap((attribute) =>
    attribute.kind === "graph" && attribute.value.inputs.length === 0 ? [attribute.value] : [],
  );
}

/** As it is stored between nodes. */
export function bytesOf({ elem, dims }: TensorShape): number {
  return elemBytes(elem) * sizeOf(dims);
}

export function isHalf({ elem }: TensorShape): boolean {
  return elem === "float16" || elem === "bfloat16";
}

/** As kernels on the CPU compute it: half precision in float32. */
export function computedBytes(shape: TensorShape): number {
  return bytesOf(isHalf(shape) ? { ...shape, elem: "float32" } : shape);
}

/** Of each result, what the first branch says that knows its extents: a loop's depend on its trips. */
function resultsOfBranches(
  node: Node,
  outer: Shapes,
  constants: Integers,
): readonly (readonly [string, TensorShape])[] {
  const branches = branchesOf(node).map((branch) => ({ branch, inside: shapesInBranch(branch, outer, constants) }));
  return node.outputs.flatMap((name, i) => {
    const shapes = branches.map(({ branch, inside }) => inside.get(branch.outputs[i]?.name ?? ""));
    const shape = shapes.find((one) => one !== undefined);
    return shape === undefined ? [] : [[name, shape] as const];
  });
}

/** Values of a branch, and those around it that it reads. */
export function shapesInBranch(branch: Graph, outer: Shapes, integers: Integers): Shapes {
  const read = new Set([...branch.nodes.flatMap(valuesReadBy), ...branch.outputs.map(({ name }) => name)]);
  const picked = <T>(all: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...read].flatMap((name) => (all.has(name) ? [[name, all.get(name)!] as const] : [])));
  const around = picked(outer);
  return new Map([...around, ...shapesIn(branch, around, picked(integers))]);
}

function asItIs({ node }: NodeView): Normalised {
  return { node, operands: new Map() };
}

function known(shapes: ReadonlyMap<string, ValueShape>): Shapes {
  return new Map(
    [...shapes].flatMap(([name, { elem, dims }]) =>
      dims.every((dim) => typeof dim === "number") ? [[name, { elem, dims }] as const] : [],
    ),
  );
}

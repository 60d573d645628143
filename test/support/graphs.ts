/**
 * @file Tiny graphs and tensors, built in code.
 */
import type { CanonicalGraph, CanonicalNode, IntegerValue, Length, ValueShape } from "../../compiler/ir/types.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import type { Attributes, Dim, ElemType, Graph, GraphValue, Node, Tensor } from "../../compiler/graph/types.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Node {
  return { name: outputs[0] ?? op, op, domain: "", inputs, outputs, attributes, metadata: {} };
}

export function value(name: string, elem: ElemType, dims: readonly Dim[] | null): GraphValue {
  return { name, type: { elem, dims } };
}

export function graph(parts: Partial<Graph>): Graph {
  return { name: "test", inputs: [], outputs: [], nodes: [], constants: new Map(), types: new Map(), ...parts };
}

export function canonicalNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  rest: Partial<CanonicalNode> = {},
): CanonicalNode {
  return { name: `${outputs[0]}.${op}`, op, domain: "", inputs, outputs, attributes: {}, scope: "", ...rest };
}

export function shape(elem: ElemType, ...dims: readonly Expr[]): ValueShape {
  return { elem, dims };
}

export function integers(...elements: readonly Expr[]): IntegerValue {
  return { elem: "int64", dims: [elements.length], elements };
}

export interface CanonicalParts {
  readonly inputs: Readonly<Record<string, ValueShape>>;
  readonly outputs: readonly string[];
  readonly nodes: readonly CanonicalNode[];
  /** Of what nodes make; those of inputs and constants are added. */
  readonly shapes?: Readonly<Record<string, ValueShape>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly integers?: Readonly<Record<string, IntegerValue>>;
  readonly opset?: number;
}

/** A canonical graph whose lengths are the symbols of its inputs. */
export function canonical(parts: CanonicalParts): CanonicalGraph {
  const { inputs, constants = {}, integers = {}, shapes = {}, opset = 18 } = parts;
  const constantShapes = Object.entries(constants).map(([name, { elem, dims }]) => [name, { elem, dims }] as const);
  return {
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, shape })),
    outputs: parts.outputs,
    nodes: parts.nodes,
    constants: new Map(Object.entries(constants)),
    integers: new Map(Object.entries(integers)),
    shapes: new Map([...Object.entries(inputs), ...constantShapes, ...Object.entries(shapes)]),
    lengths: lengthsOf(inputs),
    prefix: null,
    markers: [],
    opsets: { "": opset },
    modules: new Map([["", { path: "", className: null }]]),
  };
}

function lengthsOf(inputs: CanonicalParts["inputs"]): readonly Length[] {
  const sources = new Map<string, { readonly input: string; readonly axis: number }[]>();
  for (const [input, { dims }] of Object.entries(inputs)) {
    for (const [axis, dim] of dims.entries()) {
      if (typeof dim === "string") sources.set(dim, [...(sources.get(dim) ?? []), { input, axis }]);
    }
  }
  return [...sources].map(([name, from]) => ({ name, sources: from }));
}

/** Pseudo-random numbers in (-1, 1), the same for the same seed. */
export function noise(seed: number, length: number): readonly number[] {
  let state = seed * 2654435761 + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A float tensor of pseudo-random numbers. */
export function random(seed: number, dims: readonly number[], elem: OrtElem = "float32"): OrtTensor {
  return ortTensor(
    elem,
    dims,
    noise(
      seed,
      dims.reduce((a, b) => a * b, 1),
    ),
  );
}

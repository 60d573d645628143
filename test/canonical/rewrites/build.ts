/**
 * @file Builds canonical graphs node by node, with shapes inferred by the operator rules, so that a pattern can be written down as an
 * exporter would write it. Knows no rewrite.
 */
import { expect } from "vitest";
import { infer } from "../../../compiler/operators/infer.ts";
import { normalise } from "../../../compiler/canonical/passes/normalise.ts";
import type { CanonicalGraph, CanonicalNode, Length, ValueShape } from "../../../compiler/ir/types.ts";
import type { Expr } from "../../../compiler/expr/expr.ts";
import { int, ints } from "../../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { Attributes, ElemType, Tensor } from "../../../compiler/graph/types.ts";

export interface More {
  readonly attributes?: Attributes;
  readonly outputs?: number;
  readonly domain?: string;
  /** Shapes of the outputs where no rule tells them. */
  readonly declared?: readonly ValueShape[];
}

export interface Pattern {
  readonly input: (name: string, dims: readonly Expr[], elem?: ElemType) => string;
  /** Adds a node; returns its outputs. */
  readonly nodes: (op: string, inputs: readonly string[], more?: More) => readonly string[];
  /** Adds a node with one output. */
  readonly node: (op: string, inputs: readonly string[], more?: More) => string;
  readonly constant: (tensor: Tensor) => string;
  readonly scalar: (value: number, dims?: readonly number[]) => string;
  readonly ints: (...values: readonly number[]) => string;
  readonly transpose: (x: string, ...perm: readonly number[]) => string;
  readonly reshape: (x: string, ...dims: readonly number[]) => string;
  readonly softmax: (x: string, axis?: number) => string;
  /** Nodes added inside `body` lie in this module. */
  readonly inside: <T>(scope: string, body: () => T) => T;
  readonly build: (...outputs: readonly string[]) => CanonicalGraph;
}

/** An empty graph of that opset. */
export function pattern(opset = 18): Pattern {
  const inputs: { readonly name: string; readonly shape: ValueShape }[] = [];
  const nodes: CanonicalNode[] = [];
  const constants = new Map<string, Tensor>();
  const declared = new Map<string, ValueShape>();
  let scope = "";
  let count = 0;
  const fresh = (what: string): string => `${what}_${count++}`;
  const constant: Pattern["constant"] = (tensor) => {
    const name = fresh("const");
    constants.set(name, tensor);
    return name;
  };
  const many: Pattern["nodes"] = (op, operands, more = {}) => {
    const { attributes = {}, outputs = 1, domain = "", declared: shapes = [] } = more;
    const name = fresh(op);
    const made = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? `${name}:out` : `${name}:out${i}`));
    for (const [i, shape] of shapes.entries()) declared.set(made[i]!, shape);
    nodes.push({ name, op, domain, inputs: operands, outputs: made, attributes, scope });
    return made;
  };
  const node: Pattern["node"] = (op, operands, more) => many(op, operands, more)[0]!;
  const literal: Pattern["ints"] = (...values) => constant(tensorFromInts(values));
  return {
    input: (name, dims, elem = "float32") => {
      inputs.push({ name, shape: { elem, dims } });
      return name;
    },
    nodes: many,
    node,
    constant,
    scalar: (value, dims = []) => constant(tensorFromNumbers("float32", dims, [value])),
    ints: literal,
    transpose: (x, ...perm) => node("Transpose", [x], { attributes: { perm: ints(perm) } }),
    reshape: (x, ...dims) => node("Reshape", [x, literal(...dims)]),
    softmax: (x, axis = -1) => node("Softmax", [x], { attributes: { axis: int(axis) } }),
    inside: (name, body) => {
      const outer = scope;
      scope = name;
      const result = body();
      scope = outer;
      return result;
    },
    build: (...outputs) => {
      const stated = (value: string): ValueShape | null => declared.get(value) ?? null;
      const { unresolved, ...rest } = infer(nodes, inputs, constants, stated, new Set(outputs), normalise);
      expect(unresolved).toEqual([]);
      const modules = new Map([["", { path: "", className: null }]]);
      return {
        ...rest,
        inputs,
        outputs,
        constants,
        lengths: lengthsOf(inputs),
        prefix: null,
        markers: [],
        opsets: { "": opset },
        modules,
      };
    },
  };
}

function lengthsOf(inputs: CanonicalGraph["inputs"]): readonly Length[] {
  const sources = new Map<string, { readonly input: string; readonly axis: number }[]>();
  for (const { name: input, shape } of inputs) {
    for (const [axis, dim] of shape.dims.entries()) {
      if (typeof dim === "string") sources.set(dim, [...(sources.get(dim) ?? []), { input, axis }]);
    }
  }
  return [...sources].map(([name, list]) => ({ name, sources: list }));
}

/**
 * @file Writes the nodes that replace one node, with shapes from the operator rules. Knows no pattern.
 */
import { invariant } from "../../../diagnostics/diagnose.ts";
import type { Expr } from "../../../expr/expr.ts";
import { tensorFromNumbers } from "../../../graph/tensors.ts";
import type { Attributes, ElemType, Tensor } from "../../../graph/types.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "../../../ir/types.ts";
import { outputShapes, viewOf } from "../../../operators/infer.ts";
import { draft, type Draft, type Patch } from "../draft.ts";
import type { Lookup } from "../lookup.ts";

export interface More {
  readonly attributes?: Attributes;
  readonly domain?: string;
  /** The module of the new node, where it is not that of the replaced one. */
  readonly scope?: string;
  /** The name of the result, where it must have one. */
  readonly output?: string | undefined;
}

export interface Writer {
  readonly lookup: Lookup;
  readonly node: CanonicalNode;
  /** Adds a node with one result. Returns its name. */
  readonly add: (op: string, inputs: readonly string[], more?: More) => string;
  /** A 1-D int64 operand. */
  readonly integers: (...elements: readonly Expr[]) => string;
  /** An int64 operand without axes. */
  readonly integer: (element: Expr) => string;
  readonly constant: (tensor: Tensor) => string;
  /** A constant of that many axes of one element. */
  readonly number: (elem: ElemType, value: number, rank?: number) => string;
  /** Extents of a value of the graph, or of one added here. */
  readonly dims: (value: string) => readonly Expr[];
  readonly elem: (value: string) => ElemType;
  /** The replacement; every result that is read must have been added. */
  readonly done: () => Patch;
}

export function writer(lookup: Lookup, node: CanonicalNode): Writer {
  const d: Draft = draft(lookup, node.name, node.scope);
  const { graph } = lookup;
  const shapes = new Map<string, ValueShape>();
  const integers = new Map<string, IntegerValue>();
  const shapeOf = (value: string): ValueShape => {
    const shape = shapes.get(value) ?? graph.shapes.get(value);
    invariant(shape !== undefined, `no shape for ${value}`);
    return shape;
  };
  const read = (inputs: readonly string[]) => ({
    shapes: new Map(inputs.flatMap((name) => (name === "" ? [] : [[name, shapeOf(name)] as const]))),
    integers: new Map([...integers, ...inputs.flatMap((name) => known(graph.integers.get(name), name))]),
    constants: graph.constants,
    declared: () => null,
  });
  const addIntegers = (elements: readonly Expr[], dims: readonly number[]): string => {
    const value = d.integers(elements, dims);
    integers.set(value, { elem: "int64", dims, elements });
    shapes.set(value, { elem: "int64", dims });
    return value;
  };
  const constant = (tensor: Tensor): string => {
    const name = d.constant(tensor);
    shapes.set(name, { elem: tensor.elem, dims: tensor.dims });
    return name;
  };
  return {
    lookup,
    node,
    add: (op, inputs, { attributes = {}, domain = "", scope = node.scope, output } = {}) => {
      const made: CanonicalNode = { name: "", op, domain, inputs, outputs: [""], attributes, scope };
      const shape = outputShapes(viewOf(made, read(inputs)))?.[0];
      invariant(shape !== undefined, `no shape for a new ${op} of ${node.name}`);
      const value = d.add({ op, domain, inputs, attributes, shape, scope }, output);
      shapes.set(value, shape);
      return value;
    },
    integers: (...elements) => addIntegers(elements, [elements.length]),
    integer: (element) => addIntegers([element], []),
    constant,
    number: (elem, value, rank = 0) => constant(oneElement(elem, value, rank)),
    dims: (value) => shapeOf(value).dims,
    elem: (value) => shapeOf(value).elem,
    done: () => d.replace(node),
  };
}

function oneElement(elem: ElemType, value: number, rank: number): Tensor {
  const dims = Array.from({ length: rank }, () => 1);
  return tensorFromNumbers(elem, dims, [value]);
}

function known(value: IntegerValue | undefined, name: string): readonly (readonly [string, IntegerValue])[] {
  return value === undefined ? [] : [[name, value]];
}

/** Whether a result of the node is used. */
export function isRead(lookup: Lookup, { outputs }: CanonicalNode, result: number): boolean {
  const value = outputs[result] ?? "";
  return value !== "" && (lookup.users(value).length > 0 || lookup.isKept(value));
}

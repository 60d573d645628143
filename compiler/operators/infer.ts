/**
 * @file One pass over a graph in topological order that gives every value its shape and turns integer chains into expressions.
 * It knows operators by their rules only.
 */
import { add, mul, withinLimits, type Expr } from "../expr/expr.ts";
import { numbersOf } from "../graph/tensors.ts";
import { elemOfCode } from "../graph/elements.ts";
import type { ElemType, Tensor } from "../graph/types.ts";
import { countsOf, type Counts } from "./counts.ts";
import { evaluateIntegers, isSound, type KnownIntegers } from "./integers.ts";
import { factorsOf } from "./factors.ts";
import { ruleOf } from "./table.ts";
import type { Axis, FactorMap, ResultType, NodeView } from "./types.ts";
import type { CanonicalNode, IntegerValue, Length, ValueShape } from "../ir/types.ts";

/** Constants with at most this many integers are read as operands. */
const SMALL = 64;

/** What is known about values, by name. */
export interface Knowledge {
  readonly shapes: ReadonlyMap<string, ValueShape>;
  readonly integers: ReadonlyMap<string, KnownIntegers>;
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Statements of the file or a probe; used where a rule gives no shape. */
  readonly declared: (value: string) => ValueShape | null;
}

/** The view of a node with what is known about its operands. */
export function viewOf(node: CanonicalNode, known: Knowledge): NodeView {
  const nameOf = (operand: number): string => node.inputs[operand] ?? "";
  return {
    node,
    inputs: node.inputs.map((name) => known.shapes.get(name) ?? null),
    integers: (operand) => asOperand(known.integers.get(nameOf(operand))),
    constant: (operand) => known.constants.get(nameOf(operand)) ?? null,
    declared: (output) => known.declared(node.outputs[output] ?? ""),
  };
}

function asOperand(value: KnownIntegers | undefined): IntegerValue | null {
  return value === undefined || value.elem === "bool" || !isSound(value) ? null : (value as IntegerValue);
}

/** Shapes of a node's outputs by its rule; `null` where the rule gives none. */
export function outputShapes(view: NodeView): readonly ValueShape[] | null {
  const rule = ruleOf(view.node);
  const map = factorsOf(view);
  if (map === null) return null;
  return map.outputs.map((axes, i) => ({
    elem: resultType(rule.types[i] ?? rule.types.at(-1)!, view) ?? view.declared(i)?.elem ?? "float32",
    dims: axes.map((axis) => extentOf(axis, map)),
  }));
}

/** Extent of an axis: the product, or the sum, of its factors. */
function extentOf(axis: Axis, map: FactorMap): Expr {
  const size = (i: number): Expr => map.factors[i]?.size ?? 1;
  return "product" in axis ? mul(1, ...axis.product.map(size)) : add(0, ...axis.joined.map(size));
}

function resultType(type: ResultType, view: NodeView): ElemType | null {
  if (type === "declared") return null;
  if ("elem" in type) return type.elem;
  if ("operand" in type) return view.inputs[type.operand]?.elem ?? type.otherwise ?? null;
  const attribute = view.node.attributes[type.attribute];
  if (attribute?.kind === "tensor") return attribute.value.elem;
  const named = attribute?.kind === "int" ? elemOfCode(attribute.value) : undefined;
  return named ?? (typeof type.otherwise === "string" ? type.otherwise : resultType(type.otherwise, view));
}

export interface Inferred {
  readonly nodes: readonly CanonicalNode[];
  readonly integers: ReadonlyMap<string, IntegerValue>;
  readonly shapes: ReadonlyMap<string, ValueShape>;
  /** Lengths that data decide, as far as shapes may have them. */
  readonly counts: readonly Length[];
}

/**
 * Infers shapes and integers. A node whose result is known as integers is removed, unless `keep` names one of its outputs. An unknown
 * extent gets a new name that starts with `?`; a value of unknown rank ends the pass at `unresolved`.
 */
export function infer(
  nodes: readonly CanonicalNode[],
  inputs: readonly { readonly name: string; readonly shape: ValueShape }[],
  constants: ReadonlyMap<string, Tensor>,
  declared: (value: string) => ValueShape | null,
  keep: ReadonlySet<string>,
  normalise: (view: NodeView) => Normalised,
): Inferred & { readonly unresolved: readonly CanonicalNode[] } {
  const shapes = new Map<string, ValueShape>(inputs.map((i) => [i.name, i.shape]));
  const integers = new Map<string, KnownIntegers>();
  for (const [name, tensor] of constants) {
    shapes.set(name, { elem: tensor.elem, dims: tensor.dims });
    const small = smallIntegers(tensor);
    if (small !== null) integers.set(name, small);
  }
  const kept: CanonicalNode[] = [];
  const unresolved: CanonicalNode[] = [];
  const known: Knowledge = { shapes, integers, constants, declared };
  const counts = countsOf(inputs, known);
  for (const original of nodes) {
    const chains = withinLimits(() =>
      evaluateIntegers({
        ...viewOf(original, known),
        integers: (i) => integers.get(original.inputs[i] ?? "") ?? null,
      }),
    );
    for (const [i, chain] of (chains ?? []).entries()) {
      const output = original.outputs[i] ?? "";
      if (output === "") continue;
      integers.set(output, chain);
      shapes.set(output, { elem: chain.elem, dims: chain.dims });
    }
    if (chains?.every((one) => one.elem !== "bool" && isSound(one)) && !original.outputs.some((name) => keep.has(name)))
      continue;
    const { node, operands } = withinLimits(() => normalise(viewOf(original, known))) ?? asItIs(original);
    for (const [name, value] of operands) addIntegers(name, value, integers, shapes);
    kept.push(node);
    if (!resolve(node, known, shapes, counts)) unresolved.push(node);
    counts.follow(node);
  }
  // A value that remains a node's result is not an operand: it has one source.
  for (const { outputs } of kept) for (const name of outputs) integers.delete(name);
  return { nodes: kept, integers: onlyIntegers(integers), shapes, counts: counts.lengths(), unresolved };
}

/** A node in canonical spelling, with the integer operands that it needs. */
export interface Normalised {
  readonly node: CanonicalNode;
  readonly operands: ReadonlyMap<string, IntegerValue>;
}

function asItIs(node: CanonicalNode): Normalised {
  return { node, operands: new Map() };
}

function addIntegers(
  name: string,
  value: IntegerValue,
  integers: Map<string, KnownIntegers>,
  shapes: Map<string, ValueShape>,
): void {
  integers.set(name, value);
  shapes.set(name, { elem: value.elem, dims: value.dims });
}

/** Writes the shapes of a node's outputs; false if one has no known rank. */
function resolve(node: CanonicalNode, known: Knowledge, shapes: Map<string, ValueShape>, counts: Counts): boolean {
  const found = counts.foundBy(node);
  const ruled = withinLimits(() => outputShapes(viewOf(node, known)));
  // The pairs of places that a NonZero finds are (rank, count).
  const inferred = found === null ? ruled : (ruled?.map((s) => ({ ...s, dims: [s.dims[0]!, found] })) ?? null);
  let complete = true;
  node.outputs.forEach((name, i) => {
    if (name === "" || shapes.has(name)) return;
    const shape = inferred?.[i] ?? known.declared(name);
    if (shape === null) complete = false;
    else shapes.set(name, named(name, shape));
  });
  return complete;
}

/** Gives new names to extents whose expression is negative or unusable. */
function named(value: string, shape: ValueShape): ValueShape {
  return { ...shape, dims: shape.dims.map((d, axis) => (typeof d === "number" && d < 0 ? `?${value}.${axis}` : d)) };
}

/** The elements of a short list of integers, or of one; `null` for other constants. */
export function smallIntegers(tensor: Tensor): KnownIntegers | null {
  const elem = tensor.elem;
  if (elem !== "int64" && elem !== "int32" && elem !== "bool") return null;
  if (tensor.dims.length > 1 || (tensor.dims[0] ?? 1) > SMALL) return null;
  const numbers = numbersOf(tensor);
  return numbers === null ? null : { elem, dims: tensor.dims, elements: numbers };
}

function onlyIntegers(known: ReadonlyMap<string, KnownIntegers>): ReadonlyMap<string, IntegerValue> {
  const result = new Map<string, IntegerValue>();
  for (const [name, value] of known)
    if (value.elem !== "bool" && isSound(value)) result.set(name, value as IntegerValue);
  return result;
}

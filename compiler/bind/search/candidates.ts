/**
 * @file Which inputs of a module could be a parameter. One function per rule; no rule decides alone.
 */
import type { ElemType } from "../../graph/types.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import { symbolsOf } from "../../expr/expr.ts";
import type { PlanSpec } from "../../plan/types.ts";
import type { Boundary } from "../boundaries/boundaries.ts";
import { kindByName, type TensorKind } from "../parameter-names.ts";
import { type GraphIndex } from "../../ir/graph-index.ts";
import { isWithin } from "../../ir/module-paths.ts";

const FLOATS: ReadonlySet<ElemType> = new Set<ElemType>(["float32", "float16", "float64", "bfloat16"]);

/** What a spec requires of the tensor itself. */
export type Axes = Pick<PlanSpec, "dim" | "expectedDims">;

/** Rank and type allow it; without `expected_dims` any rank that has the axis does. */
export function fits(boundary: Boundary, parameter: string, spec: Axes, graph: CanonicalGraph): boolean {
  const rank = boundary.shape.dims.length;
  const hasAxis = spec.dim < 0 ? rank >= -spec.dim : rank > spec.dim;
  return (spec.expectedDims === null ? hasAxis : rank === spec.expectedDims) && hasKind(boundary, parameter, graph);
}

/** A graph input of the same name gives the type, unless it is a number that the model converts on its way. */
export function hasKind({ shape }: Boundary, parameter: string, graph: CanonicalGraph): boolean {
  const root = graph.inputs.find(({ name }) => name === parameter);
  const kind: TensorKind = root === undefined ? kindByName(parameter) : FLOATS.has(root.shape.elem) ? "float" : "any";
  const isFloat = FLOATS.has(shape.elem);
  return kind === "any" || (kind === "float" ? isFloat : !isFloat && shape.elem !== "bool");
}

/**
 * It is a state of another graph input with the same rank and type: then it is that parameter under its name. A token's embedding is no
 * longer `input_ids`, so rank and type must match.
 */
export function isExplained({ owner, shape }: Boundary, parameter: string, graph: CanonicalGraph): boolean {
  const root = graph.inputs.find(({ name }) => name === owner);
  if (root === undefined || owner === parameter) return false;
  return root.shape.dims.length === shape.dims.length && FLOATS.has(root.shape.elem) === FLOATS.has(shape.elem);
}

/** The axis to split has a length that the graph input of this name brings. */
export function hasLengthOf(
  { shape }: Pick<Boundary, "shape">,
  parameter: string,
  dim: number,
  { lengths }: CanonicalGraph,
): boolean {
  const extent = shape.dims.at(dim);
  const symbols = new Set(extent === undefined ? [] : symbolsOf(extent));
  return lengths.some(({ name, sources }) => symbols.has(name) && sources.some(({ input }) => input === parameter));
}

/** Made inside one of `modules`: a subexpression that moved to its first user, or a state that a block passes on. */
export function isMadeIn({ producer }: Boundary, modules: readonly string[]): boolean {
  return producer !== null && modules.some((module) => isWithin(producer.scope, module));
}

/**
 * How the module uses the value: its readers with their place in the module, through type casts. The same in every block of a model,
 * whatever the values are called.
 */
export function roleOf({ readers }: Pick<Boundary, "readers">, module: string, index: GraphIndex): string {
  const marks = new Set<string>();
  const pending = [...readers];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, operand } = next;
    if (node.op === "Cast" || node.op === "Identity") {
      const onwards = index.readers(node.outputs[0] ?? "").filter((r) => isWithin(r.node.scope, module));
      if (onwards.length > 0) pending.push(...onwards);
      continue;
    }
    marks.add(`${node.scope.slice(module.length)} ${node.op} ${operand}`);
  }
  return [...marks].sort().join("; ");
}

const WORKING: ReadonlySet<string> = new Set("MatMul Gemm Conv LayerNormalization RMSNormalization".split(" "));

/**
 * A subexpression that the exporter shares with one of `siblings`: computed inside it and used there in the same way. Modules of one kind
 * compute alike, so what one computes itself at this place is no parameter of the other either.
 */
export function isShared(boundary: Boundary, module: string, siblings: readonly string[], index: GraphIndex): boolean {
  const maker = siblings.find((sibling) => isMadeIn(boundary, [sibling]));
  if (maker === undefined) return false;
  const readers = index.readers(boundary.value).filter((r) => isWithin(r.node.scope, maker));
  return readers.length > 0 && roleOf({ readers }, maker, index) === roleOf(boundary, module, index);
}

/** The module projects or normalises it: that is done to content, not to masks. */
export function isContent({ readers }: Boundary): boolean {
  return readers.some(({ node }) => WORKING.has(node.op));
}

/** The module adds something to it and, elsewhere, works on it: a residual state. */
export function isResidual({ readers, shape }: Boundary): boolean {
  const ops = new Set(readers.map(({ node }) => node.op));
  return ops.has("Add") && ops.size > 1 && shape.dims.length > 1;
}

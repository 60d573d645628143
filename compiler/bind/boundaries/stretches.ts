/**
 * @file Concatenated values that a later slice separates at their edges: text and image tokens whose positions are computed in one tensor,
 * for example. Reads joins and slices from factor maps; knows no operator, no plan and no module.
 */
import { add, equal, type Expr } from "../../expr/expr.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import type { Axis, FactorMap } from "../../operators/types.ts";

type Names = ReadonlySet<string>;

/** Along `axis`, stretch `i` has the content `contents[i]` and ends at `ends[i]`. */
interface Stretches {
  readonly axis: number;
  readonly ends: readonly Expr[];
  readonly contents: readonly Names[];
}

export interface StretchTracker {
  /** The contents that output `i` of a node consists of, or `null`, once its operands are known. */
  readonly visit: (node: CanonicalNode, map: FactorMap) => readonly (readonly Names[] | null)[];
}

/** `contentOf` gives the known content of a value. */
export function trackStretches(contentOf: (value: string) => Names): StretchTracker {
  const known = new Map<string, Stretches>();
  const visit: StretchTracker["visit"] = (node, map) => {
    for (const [i, output] of node.outputs.entries()) {
      const made = joined(node, map, i, contentOf) ?? kept(node, map, i, known, contentOf);
      if (made !== null) known.set(output, made);
    }
    const source = known.get(node.inputs[0] ?? "");
    return source === undefined ? [] : node.outputs.map((_, i) => taken(source, map, i));
  };
  return { visit };
}

/** Concatenated operands of a result: one operand for each of the factors that are joined in an axis. */
function joined(
  { inputs }: CanonicalNode,
  { factors, inputs: operands, outputs }: FactorMap,
  output: number,
  contentOf: (value: string) => Names,
): Stretches | null {
  const axis = outputs[output]?.findIndex((a) => "joined" in a) ?? -1;
  const found = outputs[output]?.[axis];
  if (found === undefined || !("joined" in found)) return null;
  const sources = new Map<number, number>();
  for (const [at, axes] of operands.entries()) {
    for (const factor of (axes ?? []).flatMap(alone)) if (!sources.has(factor)) sources.set(factor, at);
  }
  const contents = found.joined.map((factor) => contentOf(inputs[sources.get(factor) ?? -1] ?? ""));
  return { axis, ends: endsOf(found.joined, factors), contents };
}

/** Stretches of the only operand with content, where the operator is elementwise and keeps their axis in place. */
function kept(
  { inputs }: CanonicalNode,
  { factors, inputs: operands, outputs, sizing }: FactorMap,
  output: number,
  known: ReadonlyMap<string, Stretches>,
  contentOf: (value: string) => Names,
): Stretches | null {
  const at = inputs.findIndex((name) => known.has(name));
  const [source, axes, result] = [known.get(inputs[at] ?? ""), operands[at], outputs[output]];
  if (source === undefined || !axes || result === undefined || axes.length !== result.length) return null;
  const isElementwise = sizing.length === 0 && factors.every(({ kind }) => kind === "free");
  const isOnly = inputs.every((name) => name === inputs[at] || contentOf(name).size === 0);
  return isElementwise && isOnly && isSame(axes[source.axis], result[source.axis]) ? source : null;
}

/** The contents that a result takes from its first operand, whose axis is separated into joined factors; `null` where not at edges. */
function taken(source: Stretches, { factors, inputs, outputs }: FactorMap, output: number): readonly Names[] | null {
  const axis = inputs[0]?.[source.axis];
  if (axis === undefined || !("joined" in axis)) return null;
  const at = axis.joined.findIndex((factor) => outputs[output]?.some((a) => isAlone(a, factor)));
  if (at < 0) return null;
  const bounds = [0, ...endsOf(axis.joined, factors)];
  return between(source, bounds[at]!, bounds[at + 1]!);
}

function between({ ends, contents }: Stretches, start: Expr, end: Expr): readonly Names[] | null {
  const first = [0, ...ends].findIndex((edge) => equal(edge, start));
  const last = ends.findIndex((edge) => equal(edge, end));
  return first < 0 || last < first ? null : contents.slice(first, last + 1);
}

function endsOf(joined: readonly number[], factors: FactorMap["factors"]): readonly Expr[] {
  let end: Expr = 0;
  return joined.map((factor) => (end = add(end, factors[factor]!.size)));
}

/** The factor that is the whole axis, if there is one. */
function alone(axis: Axis): readonly number[] {
  return "product" in axis && axis.product.length === 1 ? axis.product : [];
}

function isAlone(axis: Axis, factor: number): boolean {
  return "product" in axis && axis.product.length === 1 && axis.product[0] === factor;
}

function isSame(a: Axis | undefined, b: Axis | undefined): boolean {
  const [factor, ...others] = a !== undefined && "product" in a ? a.product : [];
  return factor !== undefined && others.length === 0 && b !== undefined && isAlone(b, factor);
}

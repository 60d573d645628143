/**
 * @file Lengths that an export wrote into a Reshape as a number, so that the model runs for one value of them only: (1, txt + img, 4, 8) to
 * (1, 136, 4, -1, 2). They become what the number says. Knows no attention and no plan.
 */
import { equal, isOpen, mul, type Expr } from "../../expr/expr.ts";
import { solve } from "../../expr/solve.ts";
import { intAttribute } from "../../operators/builder.ts";
import { factorsOf } from "../../operators/factors.ts";
import { viewOf, type Inferred, type Knowledge } from "../../operators/infer.ts";
import type { Axis, FactorMap } from "../../operators/types.ts";
import type { CanonicalNode } from "../../ir/types.ts";

/** The extents that the Reshape maps, and what follows for one length. */
export interface BakedLength {
  readonly node: CanonicalNode;
  readonly from: readonly Expr[];
  readonly target: readonly Expr[];
  readonly extent: Expr;
  readonly number: number;
  readonly length: string;
  readonly value: Expr;
}

/** An extent that must be this number; `isForced` if the Reshape itself fails otherwise. */
interface Claim {
  readonly extent: Expr;
  readonly number: number;
  readonly isForced: boolean;
}

/**
 * The first such length of a graph. `nodes` are as in the file, before sizes were resolved. Where the Reshape leaves an extent open (-1), other
 * lengths would give it another meaning: then the extent must also meet the number at another node, which fails for any other.
 */
export function bakedLength(
  nodes: readonly CanonicalNode[],
  inferred: Inferred,
  known: Omit<Knowledge, "shapes" | "integers">,
  names: readonly string[],
): BakedLength | null {
  const all: Knowledge = { ...known, shapes: inferred.shapes, integers: inferred.integers };
  let met: ReadonlySet<string> | null = null;
  for (const node of nodes) {
    if (node.op !== "Reshape" || node.domain !== "") continue;
    const view = viewOf(node, all);
    const [from, target] = [view.inputs[0]?.dims, view.integers(1)?.elements];
    if (from === undefined || target === undefined) continue;
    const zeroCopies = intAttribute(view, "allowzero", 0) === 0;
    const full = target.map((d, i) => (d === 0 && zeroCopies ? (from[i] ?? 0) : d));
    const claim = claimOf(from, full);
    const solved = claim && solve(claim.extent, claim.number, names);
    if (claim === null || solved === null || (typeof solved[1] === "number" && solved[1] < 1)) continue;
    met ??= claim.isForced ? null : meetings(inferred.nodes, all);
    if (!claim.isForced && met?.has(keyOf(claim.extent, claim.number)) !== true) continue;
    const { extent, number } = claim;
    return { node, from, target, extent, number, length: solved[0], value: solved[1] };
  }
  return null;
}

function claimOf(from: readonly Expr[], target: readonly Expr[]): Claim | null {
  const start = from.findIndex((d, i) => target[i] === undefined || !equal(d, target[i]));
  if (start < 0) return null;
  const [rest, wanted] = [from.slice(start), target.slice(start)];
  return wanted.includes(-1) ? openClaim(rest, wanted) : closedClaim(rest, wanted);
}

/** As many elements before as after, all of these numbers. */
function closedClaim(from: readonly Expr[], target: readonly Expr[]): Claim | null {
  const left = [...target];
  const open = from.filter((d) => {
    const at = typeof d === "number" ? -1 : left.findIndex((t) => equal(t, d));
    if (at >= 0) left.splice(at, 1);
    return typeof d !== "number" && at < 0;
  });
  const number = productOf(left);
  const known = productOf(from.filter((d) => typeof d === "number"));
  if (number === null || known === null || open.length === 0 || open.some(isOpen)) return null;
  return isMultiple(number, known) ? { extent: mul(1, ...open), number: number / known, isForced: true } : null;
}

/** The first extent that differs is a number, and what is behind it divides evenly without that extent. */
function openClaim([extent, ...rest]: readonly Expr[], [number, ...wanted]: readonly Expr[]): Claim | null {
  if (extent === undefined || typeof extent === "number" || isOpen(extent)) return null;
  if (typeof number !== "number" || number < 2 || !wanted.includes(-1)) return null;
  const [before, after] = [productOf(rest), productOf(wanted.filter((d) => d !== -1))];
  return before !== null && after !== null && isMultiple(before, after) ? { extent, number, isForced: false } : null;
}

function isMultiple(a: number, b: number): boolean {
  return b > 0 && a > 0 && a % b === 0;
}

/** `null` where one is no number. */
function productOf(dims: readonly Expr[]): number | null {
  const product = mul(1, ...dims);
  return typeof product === "number" ? product : null;
}

/** Extents that a node takes as one axis with a number other than 1. */
function meetings(nodes: readonly CanonicalNode[], known: Knowledge): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    const view = viewOf(node, known);
    const map = factorsOf(view);
    if (map === null || node.op === "Reshape") continue;
    for (const extents of extentsByFactor(map, (operand, axis) => view.inputs[operand]?.dims[axis]).values()) {
      const numbers = extents.filter((d) => typeof d === "number");
      for (const extent of extents) for (const number of numbers) found.add(keyOf(extent, number));
    }
  }
  return found;
}

/** The extents, other than 1, of the operands' axes that are one factor. */
function extentsByFactor(
  map: FactorMap,
  extentAt: (operand: number, axis: number) => Expr | undefined,
): ReadonlyMap<number, readonly Expr[]> {
  const found = new Map<number, Expr[]>();
  const note = (axis: Axis, extent: Expr | undefined): void => {
    const [factor, ...others] = "product" in axis ? axis.product : [];
    if (factor === undefined || others.length > 0 || extent === undefined || extent === 1) return;
    found.set(factor, [...(found.get(factor) ?? []), extent]);
  };
  map.inputs.forEach((axes, operand) => axes?.forEach((axis, i) => note(axis, extentAt(operand, i))));
  return found;
}

function keyOf(extent: Expr, number: number): string {
  return JSON.stringify([extent, number]);
}

/**
 * @file What the proof takes to be equal. Each meeting of two lengths either holds for all feeds, or becomes an equation that every run
 * checks; from then on one side stands for the other. Knows lengths, not operators.
 */
import { add, equal, isOpen, mul, show, sub, substitute, symbolsOf, type Expr } from "../expr/expr.ts";
import { keyOf, toPolynomial } from "../expr/polynomial.ts";
import type { Length } from "../ir/types.ts";
import type { Equation, Origin } from "./types.ts";

export interface Assumptions {
  readonly equations: Equation[];
  /** Puts what stands for a length in its place. */
  readonly normal: (expr: Expr) => Expr;
  /** Takes two extents as equal; false if they are different numbers, or if one depends on data, so that no run can check it. */
  readonly assume: (left: Expr, right: Expr, origin: Origin) => boolean;
  /** True if two extents are the same, or have been taken as equal. */
  readonly agree: (left: Expr, right: Expr) => boolean;
}

export function assumptions(lengths: readonly Length[]): Assumptions {
  const stands = new Map<string, Expr>();
  const equations: Equation[] = [];
  const folds: Fold[] = [];
  const normal = (expr: Expr): Expr => {
    const known = stands.size === 0 ? expr : substitute(expr, stands);
    return folds.reduce(folded, known);
  };
  const agree = (left: Expr, right: Expr): boolean => {
    const [a, b] = [normal(left), normal(right)];
    const says = (e: Equation): boolean =>
      (equal(e.left, a) && equal(e.right, b)) || (equal(e.left, b) && equal(e.right, a));
    return equal(a, b) || equations.some(says);
  };
  const assume = (left: Expr, right: Expr, origin: Origin): boolean => {
    const [a, b] = [normal(left), normal(right)];
    if (agree(a, b)) return true;
    if ((typeof a === "number" && typeof b === "number") || isOpen(a) || isOpen(b)) return false;
    const describe = (e: Expr): string => describeExpr(e, lengths);
    equations.push({ left: a, right: b, leftName: describe(a), rightName: describe(b), origin });
    const solved = solve(a, b, lengths);
    if (solved !== null) {
      for (const [name, expr] of stands) stands.set(name, substitute(expr, new Map([solved])));
      stands.set(...solved);
    } else {
      folds.push(...[foldOf(a, b), foldOf(b, a)].filter((f) => f !== null));
    }
    return true;
  };
  return { equations, normal, assume, agree };
}

/** An extent that holds a `min` or the like, which no length can be solved for, and the simple one that it equals. */
interface Fold {
  readonly complex: Expr;
  readonly simple: Expr;
  /** The term of `complex` that tells it. */
  readonly mark: string;
}

function foldOf(complex: Expr, simple: Expr): Fold | null {
  const compound = compoundsOf(complex);
  return compound.length === 1 && compoundsOf(simple).length === 0 ? { complex, simple, mark: compound[0]! } : null;
}

/** Keys of what a sum consists of beside lengths and products of lengths. */
function compoundsOf(expr: Expr): readonly string[] {
  const atoms = [...toPolynomial(expr).values()].flatMap((t) => t.atoms);
  return [...new Set(atoms.filter((atom) => typeof atom !== "string").map(keyOf))];
}

/** A sum with the complex extent as one of its terms, with the simple one in its place. */
function folded(expr: Expr, { complex, simple, mark }: Fold): Expr {
  if (!compoundsOf(expr).includes(mark)) return expr;
  const without = add(sub(expr, complex), simple);
  return compoundsOf(without).includes(mark) ? expr : without;
}

/** Solves a = b for a length that stands alone in the difference; the latest one, since earlier feeds name a length better. */
function solve(a: Expr, b: Expr, lengths: readonly Length[]): [string, Expr] | null {
  const difference = sub(a, b);
  const terms = [...toPolynomial(difference).values()];
  for (const { name } of [...lengths].reverse()) {
    const own = terms.filter((t) => t.atoms.some((atom) => symbolsOf(atom).includes(name)));
    const [term] = own;
    if (own.length !== 1 || term === undefined || term.atoms.length !== 1 || term.atoms[0] !== name) continue;
    if (Math.abs(term.coefficient) !== 1) continue;
    const rest = sub(difference, mul(term.coefficient, name));
    return [name, mul(-term.coefficient, rest)];
  }
  return null;
}

/** `img_ids axis 0`, `txt_ids axis 0 + img_ids axis 0`: an expression in the words of the feeds. */
function describeExpr(expr: Expr, lengths: readonly Length[]): string {
  const names = new Map<string, Expr>(
    lengths.map(({ name, sources }) => {
      const [first] = sources;
      return [name, first === undefined ? name : `${first.input} axis ${first.axis}`];
    }),
  );
  return show(substitute(add(expr), names));
}

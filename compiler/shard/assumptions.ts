/**
 * @file Which extents the proof assumes to be equal. Each comparison of two lengths either holds for all feeds, or becomes an equation that
 * every run checks; from then on one side is substituted by the other. Knows lengths, not operators.
 */
import { add, equal, isOpen, mul, RANK, show, sub, substitute, symbolsOf, type Expr } from "../expr/expr.ts";
import { keyOf, toPolynomial } from "../expr/polynomial.ts";
import { solve } from "../expr/solve.ts";
import type { Count, Length } from "../ir/types.ts";
import type { Equation, Origin } from "./types.ts";

export interface Assumptions {
  readonly equations: Equation[];
  /** Substitutes lengths by the expressions that they are assumed to equal. */
  readonly normal: (expr: Expr) => Expr;
  /** Assumes that two extents are equal; false if they are different numbers, or if one depends on data or on the rank, so that no run can check it. */
  readonly assume: (left: Expr, right: Expr, origin: Origin) => boolean;
  /** True if two extents are equal, or assumed to be. */
  readonly agree: (left: Expr, right: Expr) => boolean;
  /** The same assumptions, of which a trial may make more. */
  readonly copy: () => Assumptions;
}

export function assumptions(lengths: readonly Length[]): Assumptions {
  return withKnown(lengths, new Map(), [], []);
}

function withKnown(
  lengths: readonly Length[],
  stands: Map<string, Expr>,
  equations: Equation[],
  folds: Fold[],
): Assumptions {
  const names = lengths.map(({ name }) => name);
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
    if ((typeof a === "number" && typeof b === "number") || [a, b].some(isUncheckable)) return false;
    const describe = (e: Expr): string => describeExpr(e, lengths);
    equations.push({ left: a, right: b, leftName: describe(a), rightName: describe(b), origin });
    const solved = solve(a, b, names);
    if (solved !== null) {
      for (const [name, expr] of stands) stands.set(name, substitute(expr, new Map([solved])));
      stands.set(...solved);
    } else {
      folds.push(...[foldOf(a, b), foldOf(b, a)].filter((f) => f !== null));
    }
    return true;
  };
  const copy = (): Assumptions => withKnown(lengths, new Map(stands), [...equations], [...folds]);
  return { equations, normal, assume, agree, copy };
}

/** An extent that depends on data, or on the rank: a run checks what feeds alone determine. */
function isUncheckable(extent: Expr): boolean {
  return isOpen(extent) || symbolsOf(extent).includes(RANK);
}

/** An extent with a `min` or the like, which cannot be solved for a length, and the simple one that it equals: count * compound = rest. */
interface Fold {
  readonly compound: string;
  readonly count: number;
  readonly rest: Expr;
}

function foldOf(complex: Expr, simple: Expr): Fold | null {
  const [compound, ...others] = compoundsOf(complex);
  if (compound === undefined || others.length > 0 || compoundsOf(simple).length > 0) return null;
  const terms = [...toPolynomial(complex).values()].filter(({ atoms }) => atoms.map(keyOf).includes(compound));
  const [term] = terms;
  if (terms.length !== 1 || term!.atoms.length !== 1) return null;
  const count = term!.coefficient;
  return { compound, count, rest: add(sub(simple, sub(complex, mul(count, term!.atoms[0]!)))) };
}

/** Keys of the terms of a sum other than lengths and products of lengths. */
function compoundsOf(expr: Expr): readonly string[] {
  const atoms = [...toPolynomial(expr).values()].flatMap((t) => t.atoms);
  return [...new Set(atoms.filter((atom) => typeof atom !== "string").map(keyOf))];
}

/** A sum of products, rewritten where a product has the compound as often as the fold says, or a multiple of that. */
function folded(expr: Expr, { compound, count, rest }: Fold): Expr {
  if (!compoundsOf(expr).includes(compound)) return expr;
  const terms = [...toPolynomial(expr).values()].map(({ coefficient, atoms }) => {
    const at = atoms.map(keyOf).indexOf(compound);
    if (at < 0 || coefficient % count !== 0) return mul(coefficient, ...atoms);
    return mul(coefficient / count, rest, ...atoms.toSpliced(at, 1));
  });
  return add(0, ...terms);
}

/** `img_ids axis 0`, `txt_ids axis 0 + img_ids axis 0`: an expression in the words of the feeds. */
function describeExpr(expr: Expr, lengths: readonly Length[]): string {
  const names = new Map<string, Expr>(
    lengths.map(({ name, sources, count }) => {
      const [first] = sources;
      if (count !== undefined) return [name, sayCount(count)];
      return [name, first === undefined ? name : `${first.input} axis ${first.axis}`];
    }),
  );
  return show(substitute(add(expr), names));
}

/** `count(mask[0 .. txt] != 0)`: of the elements in this range. */
function sayCount({ input, from, to, compare, than }: Count): string {
  return `count(${input}[${show(from)} .. ${show(to)}] ${compare} ${than})`;
}

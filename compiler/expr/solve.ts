/**
 * @file Solves an equation of two expressions for one length. Knows nothing of what the lengths mean.
 */
import { mul, sub, symbolsOf } from "./expr.ts";
import { toPolynomial } from "./polynomial.ts";
import type { Expr } from "./types.ts";

/** Solves a = b for a length that occurs alone in the difference; the latest one, since earlier feeds name a length better. */
export function solve(a: Expr, b: Expr, names: readonly string[]): [string, Expr] | null {
  const difference = sub(a, b);
  const terms = [...toPolynomial(difference).values()];
  for (const name of [...names].reverse()) {
    const own = terms.filter((t) => t.atoms.some((atom) => symbolsOf(atom).includes(name)));
    const [term] = own;
    if (own.length !== 1 || term === undefined || term.atoms.length !== 1 || term.atoms[0] !== name) continue;
    if (Math.abs(term.coefficient) !== 1) continue;
    const rest = sub(difference, mul(term.coefficient, name));
    return [name, mul(-term.coefficient, rest)];
  }
  return null;
}

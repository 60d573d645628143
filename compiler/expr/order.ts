/**
 * @file What is known of the sign of an expression for all lengths and all cuts: lengths are at least 0, the starts of a cut do not fall, and
 * the last is the length. False may mean "not known".
 */
import { collect, keyOf, multiply, toPolynomial, type Polynomial, type Term } from "./polynomial.ts";
import { startOf, type Start } from "./starts.ts";
import type { Expr } from "./types.ts";

/** True only if the value is at least 0 for all lengths. */
export function isNonNegative(polynomial: Polynomial): boolean {
  const terms = [...polynomial.values()];
  const negative = terms.find(({ coefficient }) => coefficient < 0);
  if (negative !== undefined) return withoutFalls(terms, negative).some(isNonNegative);
  return terms.every((t) => t.atoms.every(isNonNegativeAtom));
}

/** Lengths are at least 0; expressions of them may not be: `min(txt - 64, 8)`. */
function isNonNegativeAtom(atom: Expr): boolean {
  if (typeof atom === "string") return true;
  if (typeof atom === "number") return atom >= 0;
  const [op, ...args] = atom;
  const holds = (expr: Expr): boolean => isNonNegative(toPolynomial(expr));
  if (op === "max") return args.some(holds);
  if (startOf(atom) !== null) return holds(args[0]!);
  return op === "%" ? holds(args[1]!) : args.every(holds);
}

/**
 * The sum without `negative`, a multiple of a start, and without what outweighs it: a later start of the same cut, or the length. If what is
 * left is at least 0, so is the sum.
 */
function withoutFalls(terms: readonly Term[], negative: Term): readonly Polynomial[] {
  return negative.atoms.flatMap((atom, at) => {
    const start = startOf(atom);
    const others = negative.atoms.toSpliced(at, 1);
    if (start === null || !others.every(isNonNegativeAtom)) return [];
    return laterOf(start, terms).map((later) => {
      const rise = multiply(collect([{ coefficient: negative.coefficient, atoms: others }]), toPolynomial(later));
      return collect([...terms.filter((term) => term !== negative), ...rise.values()]);
    });
  });
}

/** Other starts in the sum, which are at or after this one, and the length. */
function laterOf({ op, length, parts, index }: Start, terms: readonly Term[]): readonly Expr[] {
  const positive = terms.filter(({ coefficient }) => coefficient > 0);
  const atoms = new Map(positive.flatMap((term) => term.atoms.map((atom) => [keyOf(atom), atom] as const)));
  const later = [...atoms.values()].filter((atom) => {
    const other = startOf(atom);
    if (other?.op !== op || other.parts !== parts || keyOf(other.length) !== keyOf(length)) return false;
    const between = toPolynomial(["+", other.index, ["*", -1, index]]);
    return between.size > 0 && isNonNegative(between);
  });
  return [...later, length];
}

/**
 * @file What is known of the sign of an expression for all lengths and all cuts: lengths are at least 0, the starts of a cut do not fall, and
 * the last is the length. False may mean "not known".
 */
import { collect, keyOf, multiply, toPolynomial, type Polynomial, type Term } from "./polynomial.ts";
import { startOf, type Start } from "./starts.ts";
import type { Expr } from "./types.ts";

/** Smaller and larger ones that are told apart in one sum: each doubles the work. */
const CHOICES = 4;

/** True only if the value is at least 0 for all lengths. */
export function isNonNegative(polynomial: Polynomial): boolean {
  return holdsFor([...polynomial.values()], CHOICES);
}

function holdsFor(terms: readonly Term[], choices: number): boolean {
  const negative = terms.find(({ coefficient }) => coefficient < 0);
  const known =
    negative === undefined
      ? terms.every((t) => t.atoms.every(isNonNegativeAtom))
      : withoutFalls(terms, negative).some((rest) => holdsFor([...rest.values()], choices));
  return known || (choices > 0 && holdsForChoices(terms, choices - 1));
}

/**
 * A `max` is at least each of its arguments, and is one of them: one that is added may be replaced by either, one that is subtracted by both. A
 * `min` is the reverse.
 */
function holdsForChoices(terms: readonly Term[], choices: number): boolean {
  for (const term of terms) {
    const at = term.atoms.findIndex((atom) => isChoice(atom));
    const others = term.atoms.toSpliced(at, 1);
    if (at < 0 || !others.every(isNonNegativeAtom)) continue;
    const [op, ...args] = term.atoms[at] as Exclude<Expr, number | string>;
    const rest = terms.filter((other) => other !== term);
    const withArgument = (arg: Expr): boolean => {
      const chosen = multiply(collect([{ coefficient: term.coefficient, atoms: others }]), toPolynomial(arg));
      return holdsFor([...collect([...rest, ...chosen.values()]).values()], choices);
    };
    return (op === "max") === term.coefficient > 0 ? args.some(withArgument) : args.every(withArgument);
  }
  return false;
}

function isChoice(atom: Expr): boolean {
  return typeof atom === "object" && (atom[0] === "min" || atom[0] === "max");
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

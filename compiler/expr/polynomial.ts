/**
 * @file Normal form of expressions: a sum of integer multiples of products of atoms, so that equal expressions are equal data.
 * An atom is a length or a `//`, `%`, `min`, `max`, `start` of normal expressions. Knows nothing of what the lengths mean.
 */
import { LARGEST, LIMITS, limit } from "./limits.ts";
import type { Expr } from "./types.ts";

/** Product of `atoms` (sorted by key, repeated for powers) times `coefficient`. */
export interface Term {
  readonly coefficient: number;
  readonly atoms: readonly Expr[];
}

/** Terms by the key of their atoms; no term has coefficient 0. */
export type Polynomial = ReadonlyMap<string, Term>;

/** Keys of operators' expressions, which never change: the same atoms are compared again and again. */
const keys = new WeakMap<object, string>();

export function keyOf(expr: Expr): string {
  if (typeof expr !== "object") return JSON.stringify(expr);
  const known = keys.get(expr) ?? JSON.stringify(expr);
  keys.set(expr, known);
  return known;
}

/** The key of a product, from those of its atoms. */
function productKey(atoms: readonly Expr[]): string {
  if (atoms.length === 0) return '["*"]';
  return `["*"${atoms.map((atom) => `,${keyOf(atom)}`).join("")}]`;
}

export function toPolynomial(expr: Expr): Polynomial {
  if (typeof expr === "number") return collect([{ coefficient: expr, atoms: [] }]);
  if (typeof expr === "string") return collect([{ coefficient: 1, atoms: [expr] }]);
  const [op, ...args] = expr;
  if (op === "+") return sumOf(args);
  if (op === "*") return args.map(toPolynomial).reduce(multiply);
  return collect([{ coefficient: 1, atoms: [expr] }]);
}

export function sumOf(terms: readonly Expr[]): Polynomial {
  return collect(terms.flatMap((term) => [...toPolynomial(term).values()]));
}

export function fromPolynomial(polynomial: Polynomial): Expr {
  const terms = ordered(polynomial).map(termToExpr);
  if (terms.length === 0) return 0;
  return terms.length === 1 ? terms[0]! : ["+", ...terms];
}

export function multiply(a: Polynomial, b: Polynomial): Polynomial {
  if (isOne(a)) return b;
  if (isOne(b)) return a;
  limit(a.size * b.size <= LIMITS.products);
  const terms: Term[] = [];
  for (const x of a.values()) {
    for (const y of b.values()) {
      terms.push({
        coefficient: x.coefficient * y.coefficient,
        atoms: [...x.atoms, ...y.atoms].sort(byKey),
      });
    }
  }
  return collect(terms);
}

function isOne(a: Polynomial): boolean {
  if (a.size !== 1) return false;
  const [term] = a.values();
  return term!.coefficient === 1 && term!.atoms.length === 0;
}

/** a / b if it leaves no remainder (as polynomials with integer coefficients), else `null`. */
export function divideExactly(a: Polynomial, b: Polynomial): Polynomial | null {
  const divisor = ordered(b)[0];
  if (divisor === undefined) return null;
  let rest = a;
  const quotient: Term[] = [];
  for (let fuel = 0; rest.size > 0; fuel++) {
    const term = divideTerm(ordered(rest)[0]!, divisor);
    if (term === null || fuel > 64) return null;
    quotient.push(term);
    const product = multiply(collect([{ ...term, coefficient: -term.coefficient }]), b);
    rest = collect([...rest.values(), ...product.values()]);
  }
  return collect(quotient);
}

/** a = quotient * divisor + rest, with every coefficient of the rest at least 0 and below `divisor` (a number above 0). */
export function divideTerms(
  a: Polynomial,
  divisor: number,
): { readonly quotient: Polynomial; readonly rest: Polynomial } {
  const terms = [...a.values()];
  const whole = (t: Term): number => Math.floor(t.coefficient / divisor);
  return {
    quotient: collect(terms.map((t) => ({ ...t, coefficient: whole(t) }))),
    rest: collect(terms.map((t) => ({ ...t, coefficient: t.coefficient - divisor * whole(t) }))),
  };
}

/** Like terms are added. */
export function collect(terms: readonly Term[]): Polynomial {
  const sums = new Map<string, Term>();
  for (const term of terms) {
    const key = productKey(term.atoms);
    const coefficient = (sums.get(key)?.coefficient ?? 0) + term.coefficient;
    limit(Math.abs(coefficient) <= LARGEST && key.length <= LIMITS.characters);
    if (coefficient === 0) sums.delete(key);
    else sums.set(key, { coefficient, atoms: term.atoms });
  }
  limit(sums.size <= LIMITS.terms);
  return sums;
}

function divideTerm(a: Term, b: Term): Term | null {
  if (a.coefficient % b.coefficient !== 0) return null;
  const atoms = [...a.atoms];
  for (const atom of b.atoms) {
    const at = atoms.findIndex((x) => keyOf(x) === keyOf(atom));
    if (at < 0) return null;
    atoms.splice(at, 1);
  }
  return { coefficient: a.coefficient / b.coefficient, atoms };
}

/** Higher degree first, then by text: the order of printing and of division (a graded order, so division ends). */
function ordered(polynomial: Polynomial): readonly Term[] {
  return [...polynomial.values()].sort(
    (x, y) => y.atoms.length - x.atoms.length || compare(productKey(x.atoms), productKey(y.atoms)),
  );
}

function termToExpr({ coefficient, atoms }: Term): Expr {
  if (atoms.length === 0) return coefficient;
  if (coefficient === 1) return atoms.length === 1 ? atoms[0]! : ["*", ...atoms];
  return ["*", coefficient, ...atoms];
}

function byKey(a: Expr, b: Expr): number {
  return compare(keyOf(a), keyOf(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

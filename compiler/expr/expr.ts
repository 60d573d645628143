/**
 * @file Builds, compares, evaluates and prints expressions. Every function returns the normal form, so `equal` compares data.
 * Lengths are taken to be at least 0.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { limit } from "./limits.ts";
import { isNonNegative } from "./order.ts";
import { divideExactly, divideTerms, fromPolynomial, keyOf, multiply, sumOf, toPolynomial } from "./polynomial.ts";
import { chunk, chunkAxis, start, startAxis, startOf, type Start } from "./starts.ts";
import { show } from "./text.ts";
import type { Cut, CutAxis, Expr, ExprOperator } from "./types.ts";

export { withinLimits } from "./limits.ts";
export { chunk, start } from "./starts.ts";
export { show, showFactor, showWith } from "./text.ts";
export { PEER, RANK } from "./types.ts";
export type { Cut, CutAxis, Expr } from "./types.ts";

export function add(...terms: readonly Expr[]): Expr {
  const others = terms.filter((term) => term !== 0);
  const [only] = others;
  if (only === undefined) return 0;
  return fromPolynomial(others.length === 1 ? toPolynomial(only) : sumOf(others));
}

export function sub(a: Expr, b: Expr): Expr {
  return add(a, mul(-1, b));
}

export function mul(...factors: readonly Expr[]): Expr {
  return fromPolynomial(factors.map(toPolynomial).reduce(multiply, toPolynomial(1)));
}

/** Quotient rounded towards minus infinity; `b` must not be 0. Multiples of `b` are divided separately: (h + 3) // 2 = (h + 1) // 2 + 1. */
export function floorDiv(a: Expr, b: Expr): Expr {
  limit(b !== 0);
  if (typeof a === "number" && typeof b === "number") return Math.floor(a / b);
  const exact = exactDiv(a, b);
  if (exact !== null || typeof b !== "number" || b <= 0) return exact ?? ["//", a, b];
  const { quotient, rest } = divideTerms(toPolynomial(a), b);
  const remaining = fromPolynomial(rest);
  const isBelow = typeof remaining === "number" || (typeof remaining === "object" && isRemainder(remaining, b));
  return add(fromPolynomial(quotient), isBelow ? 0 : ["//", remaining, b]);
}

function isRemainder([op, , by]: Exclude<Expr, number | string>, b: Expr): boolean {
  return op === "%" && typeof b === "number" && b > 0 && by === b;
}

/** Remainder with the sign of `b`. Multiples of a number `b` fall away: (2*h + 3) % 2 = 1. */
export function mod(a: Expr, b: Expr): Expr {
  limit(b !== 0);
  if (typeof a === "number" && typeof b === "number") return ((a % b) + b) % b;
  if (typeof b !== "number" || b < 0) return exactDiv(a, b) === null ? ["%", a, b] : 0;
  const rest = fromPolynomial(divideTerms(toPolynomial(a), b).rest);
  return typeof rest === "number" || (typeof rest === "object" && isRemainder(rest, b)) ? rest : ["%", rest, b];
}

/** a / b where `b` divides `a` for every length, else `null`. */
export function exactDiv(a: Expr, b: Expr): Expr | null {
  const quotient = divideExactly(toPolynomial(a), toPolynomial(b));
  return quotient === null ? null : fromPolynomial(quotient);
}

export function min(a: Expr, b: Expr): Expr {
  if (atMost(a, b)) return a;
  return atMost(b, a) ? b : symmetric("min", a, b);
}

export function max(a: Expr, b: Expr): Expr {
  if (atMost(a, b)) return b;
  return atMost(b, a) ? a : symmetric("max", a, b);
}

/** True if both are the same for every value of the lengths. */
export function equal(a: Expr, b: Expr): boolean {
  return keyOf(a) === keyOf(b);
}

/** True only if a <= b for every value of the lengths; false may also mean "not known". */
export function atMost(a: Expr, b: Expr): boolean {
  if (isNonNegative(toPolynomial(sub(b, a)))) return true;
  return argumentsOf("min", a).some((x) => atMost(x, b)) || argumentsOf("max", b).some((x) => atMost(a, x));
}

function argumentsOf(op: "min" | "max", expr: Expr): readonly Expr[] {
  return Array.isArray(expr) && expr[0] === op ? (expr.slice(1) as readonly Expr[]) : [];
}

/** False only if a and b differ for every value of the lengths. */
export function mayEqual(a: Expr, b: Expr): boolean {
  return !atMost(add(a, 1), b) && !atMost(add(b, 1), a);
}

/** True if `expr` contains a name that is not a length: an extent that depends on data. */
export function isOpen(expr: Expr): boolean {
  return symbolsOf(expr).some((name) => name.startsWith("?"));
}

/** Names of the lengths in `expr` (also `rank`), in order of first appearance. */
export function symbolsOf(expr: Expr): readonly string[] {
  if (typeof expr === "number") return [];
  if (typeof expr === "string") return [expr];
  return [...new Set(expr.slice(1).flatMap((e) => symbolsOf(e as Expr)))];
}

/** The edges of cuts in `expr`. With any, it has no value before a program is attached. */
export function startsIn(expr: Expr): readonly Start[] {
  if (typeof expr !== "object") return [];
  const own = startOf(expr);
  const inner = (expr.slice(1) as readonly Expr[]).flatMap(startsIn);
  return own === null ? inner : [own, ...inner];
}

export function isCut(expr: Expr): boolean {
  return startsIn(expr).length > 0;
}

/** Substitutes expressions for names. */
export function substitute(expr: Expr, names: ReadonlyMap<string, Expr>): Expr {
  if (typeof expr === "number") return expr;
  if (typeof expr === "string") return names.get(expr) ?? expr;
  const [op, ...args] = expr;
  return apply(
    op,
    args.map((a) => substitute(a, names)),
  );
}

/** `expr` with the edges of cuts along `axis` replaced by others. */
export function withStarts(expr: Expr, axis: CutAxis, replacement: (start: Start) => Expr): Expr {
  if (typeof expr !== "object") return expr;
  const start = startOf(expr);
  if (start?.axis === axis) return replacement(start);
  const [op, ...args] = expr;
  return apply(
    op,
    args.map((a) => withStarts(a, axis, replacement)),
  );
}

/** `expr` with each `min` replaced by its first or second argument. */
export function unclamped(expr: Expr, side: 1 | 2): Expr {
  if (typeof expr === "number" || typeof expr === "string") return expr;
  if (expr[0] === "min") return unclamped(expr[side] as Expr, side);
  const [op, ...args] = expr;
  return apply(
    op,
    args.map((a) => unclamped(a, side)),
  );
}

/** The value of `expr` under `lengths`, with the edges of `cut`; a missing name, or a start without a cut, is an internal error. */
export function evaluate(expr: Expr, lengths: Readonly<Record<string, number>>, cut?: Cut): number {
  if (typeof expr === "number") return expr;
  if (typeof expr === "string") {
    // A length may have the name of a property that every object has.
    const value = Object.hasOwn(lengths, expr) ? lengths[expr] : undefined;
    invariant(value !== undefined, `no value for the length ${expr}`);
    return value;
  }
  const [op, ...args] = expr;
  const numbers = args.map((a) => evaluate(a, lengths, cut));
  const axis = startAxis(op);
  const value = axis === null ? apply(op, numbers) : edge(expr, axis, numbers, cut);
  // The text is made only on demand: a program is evaluated for a thousand ranks.
  if (typeof value !== "number") invariant(false, `${show(expr)} has no value`);
  return value;
}

function edge(expr: Expr, axis: CutAxis, numbers: readonly number[], cut: Cut | undefined): number {
  const [length, parts, index] = numbers;
  if (cut === undefined) invariant(false, `no cut for ${show(expr)}`);
  if (length === undefined || parts === undefined || index === undefined)
    invariant(false, `${show(expr)} needs three arguments`);
  limit(index >= 0 && index <= parts);
  return cut(axis, length, parts, index);
}

function apply(op: ExprOperator, args: readonly Expr[]): Expr {
  const [a, b, c] = args;
  invariant(a !== undefined, `operator ${op} without arguments`);
  if (op === "+") return add(...args);
  if (op === "*") return mul(...args);
  invariant(b !== undefined, `operator ${op} with one argument`);
  if (op === "//") return floorDiv(a, b);
  if (op === "%") return mod(a, b);
  if (op === "min") return min(a, b);
  if (op === "max") return max(a, b);
  invariant(typeof b === "number" && c !== undefined, `${op} needs a number of parts and an index`);
  const axis = startAxis(op);
  return axis === null ? chunk(chunkAxis(op)!, a, b, c) : start(axis, a, b, c);
}

function symmetric(op: "min" | "max", a: Expr, b: Expr): Expr {
  return keyOf(a) <= keyOf(b) ? [op, a, b] : [op, b, a];
}

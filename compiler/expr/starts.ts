/**
 * @file The edges of a cut as terms of expressions, and chunks found again in their differences: `start(img, 4, rank + 1) - start(img, 4,
 * rank)` is `chunk(img, 4, rank)`. Knows no mesh and no shares.
 */
import { collect, fromPolynomial, keyOf, multiply, toPolynomial, type Polynomial, type Term } from "./polynomial.ts";
import type { ChunkOperator, CutAxis, Expr, StartOperator } from "./types.ts";

const START: Readonly<Record<StartOperator, CutAxis>> = {
  "start:sequence": "sequence",
  "start:ulysses": "ulysses",
  "start:batch": "batch",
};
const CHUNK: Readonly<Record<ChunkOperator, CutAxis>> = {
  "chunk:sequence": "sequence",
  "chunk:ulysses": "ulysses",
  "chunk:batch": "batch",
};

/** A start or a chunk by its parts. */
export interface Start {
  readonly op: StartOperator | ChunkOperator;
  readonly axis: CutAxis;
  readonly length: Expr;
  readonly parts: number;
  readonly index: Expr;
}

/** Where chunk `index` of `length` begins. */
export function start(axis: CutAxis, length: Expr, parts: number, index: Expr): Expr {
  if (length === 0 || index === 0) return 0;
  if (index === parts) return length;
  return parts === 1 ? fromPolynomial(toPolynomial(["*", length, index])) : [`start:${axis}`, length, parts, index];
}

/** The extent of chunk `index`. */
export function chunk(axis: CutAxis, length: Expr, parts: number, index: Expr): Expr {
  if (parts === 1) return length;
  const end = start(axis, length, parts, fromPolynomial(toPolynomial(["+", index, 1])));
  return fromPolynomial(toPolynomial(["+", end, ["*", -1, start(axis, length, parts, index)]]));
}

/** The operator of a start; `null` for any other. */
export function startAxis(op: string): CutAxis | null {
  return Object.hasOwn(START, op) ? START[op as StartOperator] : null;
}

/** The operator of a chunk; `null` for any other. */
export function chunkAxis(op: string): CutAxis | null {
  return Object.hasOwn(CHUNK, op) ? CHUNK[op as ChunkOperator] : null;
}

export function startOf(expr: Expr): Start | null {
  if (typeof expr !== "object") return null;
  const axis = startAxis(expr[0]);
  return axis === null ? null : cutOf(expr, axis);
}

export function chunkOf(expr: Expr): Start | null {
  if (typeof expr !== "object") return null;
  const axis = chunkAxis(expr[0]);
  return axis === null ? null : cutOf(expr, axis);
}

function cutOf([op, length, parts, index]: Exclude<Expr, number | string>, axis: CutAxis): Start {
  return { op: op as Start["op"], axis, length: length!, parts: parts as number, index: index! };
}

/** The same expression with chunks in place of differences of starts, also inside products. */
export function withChunks(expr: Expr): Expr {
  if (typeof expr !== "object" || expr[0] !== "+") return expr;
  let found = withOneChunk(toPolynomial(expr));
  // Without a chunk the terms keep their order.
  if (found === null) return expr;
  for (let next: Polynomial | null = found; next !== null; next = withOneChunk(found)) found = next;
  return fromPolynomial(found);
}

/** Chunks that a difference of two starts may be written as: those of a Ulysses group. */
const NEIGHBOURS = 8;

/** The sum with two starts less, or a start and the length, and the chunks between them instead; `null` where there is no such pair. */
function withOneChunk(sum: Polynomial): Polynomial | null {
  const all = new Set(
    [...sum.values()].flatMap(({ atoms }) => atoms.filter((atom) => startOf(atom) !== null).map(keyOf)),
  );
  for (const term of sum.values()) {
    for (const [at, atom] of term.atoms.entries()) {
      const found = startOf(atom);
      if (found === null) continue;
      const others = { coefficient: -term.coefficient, atoms: term.atoms.toSpliced(at, 1) };
      for (let count = 1; count <= Math.min(found.parts, NEIGHBOURS); count++) {
        const end = start(found.axis, found.length, found.parts, nth(found, count));
        if (startOf(end) !== null && !all.has(keyOf(end))) continue;
        const named = withChunksFrom(sum, others, found, count);
        if (named.size <= sum.size - 2 + count) return named;
      }
    }
  }
  return null;
}

function nth({ index }: Pick<Start, "index">, i: number): Expr {
  return fromPolynomial(toPolynomial(["+", index, i]));
}

function withChunksFrom(
  sum: Polynomial,
  others: Term,
  { axis, length, parts, index }: Start,
  count: number,
): Polynomial {
  const from = { index };
  const chunks = Array.from({ length: count }, (_, i): Expr => [`chunk:${axis}`, length, parts, nth(from, i)]);
  const between: Expr = [
    "+",
    start(axis, length, parts, nth(from, count)),
    ["*", -1, start(axis, length, parts, index)],
  ];
  const named = multiply(collect([others]), toPolynomial(["+", ...chunks]));
  const starts = multiply(collect([{ ...others, coefficient: -others.coefficient }]), toPolynomial(between));
  return collect([...sum.values(), ...named.values(), ...starts.values()]);
}

/**
 * @file Compares the outputs of a split run with those of the unsplit model, element by element.
 * Knows nothing of sessions, programs or printing.
 */
import { numbersIn } from "../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../ort/types.ts";

/** An element passes when |a - b| <= atol + rtol * |b|; NaN equals NaN, equal infinities are equal. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** A floating type, by which a tolerance goes. */
export type Precision = "bfloat16" | "float16" | "float32" | "float64";

/** Types with few digits first. Outputs of another type must be equal bit by bit. */
export const tolerances: Readonly<Record<Precision, Tolerance>> = {
  bfloat16: { atol: 8e-2, rtol: 8e-2 },
  float16: { atol: 1e-2, rtol: 1e-2 },
  float32: { atol: 1e-4, rtol: 1e-4 },
  float64: { atol: 1e-4, rtol: 1e-4 },
};

const precisions = Object.keys(tolerances) as readonly Precision[];

export function isPrecision(elem: string): elem is Precision {
  return Object.hasOwn(tolerances, elem);
}

/** The one with the fewest digits; `null` where there is none. */
export function weakest(all: Iterable<Precision>): Precision | null {
  const found = new Set(all);
  return precisions.find((precision) => found.has(precision)) ?? null;
}

const exact: Tolerance = { atol: 0, rtol: 0 };

/** How one output compares. */
export interface Comparison {
  readonly name: string;
  readonly ok: boolean;
  /** What cannot be compared element by element: another type or shape, or an output that is missing. */
  readonly problem: string | null;
  readonly elements: number;
  /** How many elements are outside the tolerance. */
  readonly wrong: number;
  readonly tolerance: Tolerance;
  /** Why it is this tolerance: `float32`, `float16 inside`; `exact` for what is no floating number, `given` for one of the caller's. */
  readonly because: string;
  /** Largest |a - b|; infinite where one side is NaN or infinite and the other is not the same. */
  readonly largest_absolute: number;
  /** Largest |a - b| / |b| over the elements with |b| >= atol, where a ratio says something. */
  readonly largest_relative: number;
  /** The element that exceeds its tolerance most, or comes nearest to it: index by axis and both values. */
  readonly worst: { readonly index: readonly number[]; readonly actual: number; readonly expected: number } | null;
}

/**
 * Compares every expected output, in the order of `expected`; one that `actual` lacks fails. `inside` says the weakest precision that the
 * model computes an output in, by the output's name, where that is known.
 */
export function compareOutputs(
  actual: OrtTensors,
  expected: OrtTensors,
  inside: Readonly<Partial<Record<string, Precision>>> = {},
): readonly Comparison[] {
  return Object.entries(expected).map(([name, wanted]) => {
    const within = inside[name];
    const { elem } = wanted;
    const used = isPrecision(elem) ? weakest(within === undefined ? [elem] : [elem, within])! : null;
    if (used === null || used === elem) return compareTensors(name, actual[name], wanted);
    return { ...compareTensors(name, actual[name], wanted, tolerances[used]), because: `${used} inside` };
  });
}

/** Compares one output. `tolerance` defaults to that of the expected element type. */
export function compareTensors(
  name: string,
  actual: OrtTensor | undefined,
  expected: OrtTensor,
  given?: Tolerance,
): Comparison {
  const { elem } = expected;
  const tolerance = given ?? (isPrecision(elem) ? tolerances[elem] : exact);
  const because = given !== undefined ? "given" : isPrecision(elem) ? elem : "exact";
  const problem = difference(actual, expected);
  const elements = expected.data.length;
  if (actual === undefined || problem !== null) {
    const infinite = { largest_absolute: Infinity, largest_relative: Infinity };
    return { name, ok: false, problem, elements, wrong: elements, tolerance, because, ...infinite, worst: null };
  }
  const { at, ...found } = scan(actual, expected, tolerance);
  const worst = at < 0 ? null : worstAt(at, actual, expected);
  return { name, ok: found.wrong === 0, problem, elements, tolerance, because, ...found, worst };
}

function difference(actual: OrtTensor | undefined, expected: OrtTensor): string | null {
  if (actual === undefined) return "is missing";
  if (actual.elem !== expected.elem) return `is ${actual.elem}, the unsplit model gives ${expected.elem}`;
  if (actual.dims.length !== expected.dims.length || actual.dims.some((extent, i) => extent !== expected.dims[i])) {
    return `has shape (${actual.dims.join(", ")}), the unsplit model gives (${expected.dims.join(", ")})`;
  }
  return null;
}

interface Scan {
  readonly wrong: number;
  readonly largest_absolute: number;
  readonly largest_relative: number;
  /** Flat index of the worst element, -1 where all are equal. */
  readonly at: number;
}

function scan(actual: OrtTensor, expected: OrtTensor, { atol, rtol }: Tolerance): Scan {
  const [left, right] = [numbersIn(actual), numbersIn(expected)];
  // 64-bit integers may differ where their numbers do not.
  const equal = (i: number): boolean =>
    actual.data[i] === expected.data[i] || (typeof actual.data[i] !== "bigint" && sameNumber(left[i]!, right[i]!));
  const found = { wrong: 0, largest_absolute: 0, largest_relative: 0, at: -1 };
  let excess = -Infinity;
  for (let i = 0; i < right.length; i += 1) {
    if (equal(i)) continue;
    const size = Math.abs(right[i]!);
    const distance = Number.isFinite(left[i]!) && Number.isFinite(size) ? Math.abs(left[i]! - right[i]!) : Infinity;
    const over = distance === Infinity ? Infinity : distance - (atol + rtol * size);
    if (over > 0 || atol + rtol === 0) found.wrong += 1;
    found.largest_absolute = Math.max(found.largest_absolute, distance);
    if (size >= atol && size > 0) found.largest_relative = Math.max(found.largest_relative, ratio(distance, size));
    if (found.at >= 0 && over <= excess) continue;
    excess = over;
    found.at = i;
  }
  return found;
}

function sameNumber(a: number, b: number): boolean {
  return a === b || Object.is(a, b);
}

function ratio(distance: number, size: number): number {
  return distance === Infinity ? Infinity : distance / size;
}

function worstAt(at: number, actual: OrtTensor, expected: OrtTensor): Comparison["worst"] {
  const index: number[] = [];
  let rest = at;
  for (const extent of expected.dims.toReversed()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return { index, actual: numbersIn(actual)[at]!, expected: numbersIn(expected)[at]! };
}

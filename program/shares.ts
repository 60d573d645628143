/**
 * @file Shares: the relative speeds of ranks, and the edges at which lengths and heads are dealt in proportion to them. Integers only, so that
 * every rank finds the same edges. Knows no value and no step.
 */
import { runtimeMessages as messages } from "../compiler/diagnostics/catalog/runtime.ts";
import { diagnose, invariant } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import type { Cut, CutAxis } from "../compiler/expr/expr.ts";
import { groupOf, groupSize, meshText, ranksOf, type Mesh } from "./mesh.ts";

/** One positive finite number per flat rank; `null`: all ranks are equal. */
export type Shares = readonly number[] | null;

/** Whole shares whose sum, reduced, is at most this stay as they are; others are scaled to whole numbers up to `SCALE`. */
const LARGEST_SUM = 2 ** 16;
const SCALE = 2 ** 16;

/** Lengths whose edges are remembered. */
const REMEMBERED = 1024;

/** What is wrong with shares for a mesh. */
export function checkShares(mesh: Mesh, shares: readonly number[]): readonly Diagnostic[] {
  const [expected, actual] = [ranksOf(mesh), shares.length];
  if (actual !== expected) return [diagnose(messages.sharesCount, { expected, actual, mesh: meshText(mesh) })];
  return shares.flatMap((share, rank) =>
    Number.isFinite(share) && share > 0 ? [] : [diagnose(messages.shareValue, { rank, actual: String(share) })],
  );
}

/**
 * The edges for a mesh and the shares of its ranks. The batch is dealt by batch index, rows by index in the sequence group, heads by Ulysses
 * index: each by the sum over the ranks with that index, so that all groups of a kind deal alike.
 */
export function cutOf(mesh: Mesh, shares: Shares): Cut {
  if (shares === null || shares.every((share) => share === shares[0])) return equalCut;
  const weights = weightsOf(mesh, shares);
  const known = new Map<string, readonly number[]>();
  return (axis, length, parts, index) => {
    invariant(parts === weights[axis].length, `${parts} parts over ${weights[axis].length} ranks`);
    const key = `${axis} ${length}`;
    const edges = known.get(key) ?? edgesOf(length, weights[axis]);
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, edges);
    return edges[index]!;
  };
}

/** tensor_split: the first `length % parts` chunks get one more. */
export const equalCut: Cut = (_axis, length, parts, index) =>
  index * Math.floor(length / parts) + Math.min(index, length - parts * Math.floor(length / parts));

/** Into how many chunks a mesh deals along an axis. */
export function partsOver(axis: CutAxis, mesh: Mesh): number {
  return groupSize(axis, mesh);
}

function weightsOf(mesh: Mesh, shares: readonly number[]): Readonly<Record<CutAxis, readonly number[]>> {
  invariant(shares.length === ranksOf(mesh), `${shares.length} shares for ${ranksOf(mesh)} ranks`);
  const whole = wholeNumbers(shares);
  const over = (axis: CutAxis): readonly number[] => {
    const sums = Array.from({ length: groupSize(axis, mesh) }, () => 0);
    for (const [rank, share] of whole.entries()) sums[groupOf(axis, rank, mesh).indexOf(rank)]! += share;
    return sums;
  };
  return { sequence: over("sequence"), ulysses: over("ulysses"), batch: over("batch") };
}

/** In proportion to `shares`, as closely as whole numbers can be; at least 1 each. */
function wholeNumbers(shares: readonly number[]): readonly number[] {
  if (shares.every(Number.isSafeInteger)) {
    const divisor = shares.reduce(commonDivisor);
    const reduced = shares.map((share) => share / divisor);
    if (sum(reduced) <= LARGEST_SUM) return reduced;
  }
  const largest = Math.max(...shares);
  return shares.map((share) => Math.max(1, Math.round((share / largest) * SCALE)));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** Where each chunk begins, and the length. */
function edgesOf(length: number, weights: readonly number[]): readonly number[] {
  if (length <= 0) return [...weights, 0].map((_, index) => equalCut("sequence", length, weights.length, index));
  const edges = [0];
  for (const size of sizesOf(length, weights)) edges.push(edges.at(-1)! + size);
  return edges;
}

/**
 * Largest remainder, the lower rank first. If there is a row for every rank, every rank gets one, as from an equal cut: a proof may rely on
 * it. Equal weights give tensor_split.
 */
function sizesOf(length: number, weights: readonly number[]): readonly number[] {
  const sizes = weights.map(() => 0);
  let open = weights.map((weight, rank) => ({ weight, rank }));
  let left = length;
  for (;;) {
    const total = sum(open.map(({ weight }) => weight));
    const tooSmall = length < weights.length ? [] : open.filter(({ weight }) => left * weight < total);
    if (tooSmall.length === 0) break;
    for (const { rank } of tooSmall) sizes[rank] = 1;
    left -= tooSmall.length;
    open = open.filter((entry) => !tooSmall.includes(entry));
  }
  const total = sum(open.map(({ weight }) => weight));
  const parts = open.map(({ weight, rank }) => ({ rank, ...proportion(left, weight, total) }));
  const rest = left - sum(parts.map(({ whole }) => whole));
  parts.sort((a, b) => b.remainder - a.remainder || a.rank - b.rank);
  for (const [at, { rank, whole }] of parts.entries()) sizes[rank] = whole + (at < rest ? 1 : 0);
  return sizes;
}

/** `length * weight / total`; no product exceeds the exact integers. */
function proportion(
  length: number,
  weight: number,
  total: number,
): { readonly whole: number; readonly remainder: number } {
  const product = (length % total) * weight;
  return { whole: Math.floor(length / total) * weight + Math.floor(product / total), remainder: product % total };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/**
 * @file Compares the shards of one value with the unsplit value, element by element. Knows no steps.
 */
import { numbersIn } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { verifyMessages as messages } from "../diagnostics/catalog/verify.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import type { Message } from "../diagnostics/diagnose.ts";
import { sizeOf } from "../graph/elements.ts";
import { show, type Cut } from "../expr/expr.ts";
import type { Layout } from "../shard/types.ts";
import { flatIndices, heldPositions } from "./positions.ts";
import type { Lengths } from "./positions.ts";
import type { Mesh } from "../../program/mesh.ts";
import { AMPLIFIED, explained } from "./tolerance.ts";
import type { RankTensors, Spread, Tolerance, WrongValue } from "./types.ts";

/** The value, for the report. */
export interface Label {
  readonly value: string;
  readonly node: string;
  readonly module: string;
}

export interface Placement {
  readonly layout: Layout;
  readonly mesh: Mesh;
  readonly lengths: Lengths;
  readonly cut: Cut;
}

export interface Comparison {
  readonly wrong: WrongValue | null;
  /** Largest |shard - unsplit|; 0 for integers and booleans. */
  readonly difference: number;
  /** The first wrong number is so near that noise on the unsplit model may explain it. */
  readonly isNear?: boolean;
}

export function compareShards(
  label: Label,
  shards: RankTensors,
  whole: OrtTensor,
  placement: Placement,
  tolerance: Tolerance,
  spread?: Spread,
): Comparison {
  const covered = new Uint8Array(sizeOf(whole.dims));
  let difference = 0;
  for (const [rank, shard] of shards.entries()) {
    const compared = compareShard(label, shard, rank, whole, placement, { tolerance, spread }, covered);
    if (compared.wrong !== null) return compared;
    difference = Math.max(difference, compared.difference);
  }
  const wrong = missingElement(label, covered, placement.layout) ?? whereRanksDiffer(label, shards, placement.layout);
  return { wrong, difference };
}

interface Allowed {
  readonly tolerance: Tolerance;
  readonly spread: Spread | undefined;
}

function compareShard(
  label: Label,
  shard: OrtTensor,
  rank: number,
  whole: OrtTensor,
  { layout, mesh, lengths, cut }: Placement,
  { tolerance, spread }: Allowed,
  covered: Uint8Array,
): Comparison {
  const at = { ...label, rank };
  const positions = heldPositions(whole.dims, layout, { mesh, cut }, rank, lengths);
  const expectedShape = positions.map((held) => held.length).join(", ");
  if (shard.elem !== whole.elem)
    return fail(label, rank, messages.elem, { ...at, expected: whole.elem, actual: shard.elem });
  if (expectedShape !== shard.dims.join(", ")) {
    return fail(label, rank, messages.shape, { ...at, expected: expectedShape, actual: shard.dims.join(", ") });
  }
  if (positions.some((held, axis) => held.some((position) => position >= whole.dims[axis]!))) {
    return fail(label, rank, messages.shape, {
      ...at,
      expected: `some of ${whole.dims.join(", ")}`,
      actual: expectedShape,
    });
  }
  const indices = flatIndices(whole.dims, positions);
  const ours = numbersIn(shard);
  const theirs = numbersIn(whole);
  const { relative } = isFloat(whole) ? tolerance : { relative: 0 };
  const absolute = isFloat(whole) ? tolerance.absolute * magnitude(theirs, tolerance.least) : 0;
  let difference = 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    const actual = ours[i]!;
    const expected = theirs[index]!;
    covered[index] = 1;
    // Equal infinities differ by NaN, so equality comes first.
    if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) continue;
    const distance = Math.abs(actual - expected);
    const allows = absolute + relative * Math.abs(expected);
    const close = distance <= allows && distance < Infinity;
    const why = close ? "yes" : explained(spread, distance, allows);
    if (why !== "yes") {
      const at = { rank, index: unflatten(index, whole.dims), expected, actual };
      const wrong = differs(label, at, why === "undecided" ? spread : undefined);
      return { wrong, difference: distance, isNear: spread === undefined && distance <= AMPLIFIED * allows };
    }
    difference = Math.max(difference, distance);
  }
  return { wrong: null, difference };
}

/** Larger elements are those of a mask, not terms of a sum. */
const LARGEST = 1e3;

/** The largest finite magnitude, from `least` to `LARGEST`: small elements may be sums of large ones and carry their rounding. */
function magnitude(numbers: ArrayLike<number>, least = 1): number {
  let largest = least;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i]!);
    if (size > largest && size < Infinity) largest = size;
  }
  return Math.min(largest, LARGEST);
}

/** The shards together must hold every element. */
function missingElement(label: Label, covered: Uint8Array, layout: Layout): WrongValue | null {
  const total = covered.length;
  let count = 0;
  for (let i = 0; i < total; i++) count += covered[i]!;
  if (count === total) return null;
  const axes = layout.map(
    ({ axis, over, segments }) => `axis ${axis} over ${over}: ${segments.map((s) => show(s.length)).join(", ")}`,
  );
  return fail(label, null, messages.incomplete, { ...label, layout: axes.join("; "), covered: count, total }).wrong;
}

/** A value that is whole on every rank must be bitwise equal there, or the ranks diverge. */
function whereRanksDiffer(label: Label, shards: RankTensors, layout: Layout): WrongValue | null {
  const [first] = shards;
  if (layout.length > 0 || first === undefined) return null;
  const reference = numbersIn(first);
  for (const [rank, shard] of shards.entries()) {
    const numbers = numbersIn(shard);
    for (let i = 0; i < numbers.length; i++) {
      if (Object.is(numbers[i], reference[i])) continue;
      const index = unflatten(i, shard.dims);
      const params = { ...label, rank, index: index.join(", "), first: reference[i]!, actual: numbers[i]! };
      const diagnostic = diagnose(messages.ranksDiffer, params, related(label));
      return { ...label, rank, index, expected: reference[i]!, actual: numbers[i]!, diagnostic };
    }
  }
  return null;
}

interface Numbers extends Pick<WrongValue, "rank" | "index" | "expected" | "actual"> {
  readonly rank: number;
  readonly index: readonly number[];
  readonly expected: number;
  readonly actual: number;
}

/** With `spread`: what may be rounding, and may be wrong. */
function differs(label: Label, at: Numbers, spread: Spread | undefined): WrongValue {
  const params = { ...label, ...at, index: at.index.join(", ") };
  const diagnostic =
    spread === undefined
      ? diagnose(messages.different, params, related(label))
      : diagnose(messages.undecided, { ...params, ...spread }, related(label));
  return { ...label, ...at, diagnostic };
}

function fail<P>(label: Label, rank: number | null, message: Message<P>, params: P): Comparison {
  return { wrong: wrongValue(label, rank, message, params), difference: Infinity };
}

/** A wrong value without single numbers to show. */
export function wrongValue<P>(label: Label, rank: number | null, message: Message<P>, params: P): WrongValue {
  return {
    ...label,
    rank,
    index: null,
    expected: null,
    actual: null,
    diagnostic: diagnose(message, params, related(label)),
  };
}

function related({ node, module }: Label): Parameters<typeof diagnose>[2] {
  return { related: [{ message: "computed here", node, module }] };
}

function isFloat({ elem }: OrtTensor): boolean {
  return elem === "float32" || elem === "float64" || elem === "float16";
}

function unflatten(flat: number, dims: readonly number[]): readonly number[] {
  const index: number[] = [];
  for (const extent of dims.toReversed()) {
    index.unshift(flat % extent);
    flat = Math.floor(flat / extent);
  }
  return index;
}

/**
 * @file Runs a row-wise attention block by block, so that the logits of one block exist at a time: some rows of one head, or all rows of
 * some heads or batch elements. Softmax is row-wise, so the result is the same. Knows how operands are cut, not what is computed from them.
 */
import { int } from "../graph/attributes.ts";
import { elemCode } from "../graph/elements.ts";
import type { ElemType, GraphValue } from "../graph/types.ts";
import { FILL_AT } from "../ir/types.ts";
import type { Builder } from "./builder.ts";
import type { Site } from "./site.ts";
import { allFinite, dotsBelow, extents, joined, part } from "./vectors.ts";

/** Operands of an attention with heads before rows, or of some of its rows. */
export interface Rows {
  /** (B, H, Sq, D), scaled. */
  readonly q: string;
  /** (B, H, D, Sk). */
  readonly k: string;
  /** (B, H, Sk, Dv). */
  readonly v: string;
  /** Broadcast to (B, H, Sq, Sk). */
  readonly mask: string | null;
  /** Scalar: the index of the first of these rows in the whole; `null` for 0. */
  readonly firstRow: string | null;
}

/** Logits of a block. 4 MiB of float32 stay in the cache; more and smaller blocks cost more products of few rows. */
const BLOCK = 2 ** 20;
/** Below it a product of matrices spends much of its time on arranging the keys. */
const LEAST_ROWS = 128;
/** Beyond any extent. */
const ALL = 2 ** 31;

/** Names of results, each (B, H, Sq, n), for some rows. `loops`: there is at least one key. */
type Body = (b: Builder, rows: Rows, loops: boolean) => readonly string[];

/** Adds `results` of the element type `elem`. Operands that give no more logits than a block has run without a loop, also empty ones. */
export function inBlocks(
  b: Builder,
  site: Site,
  rows: Rows,
  results: readonly string[],
  elem: ElemType,
  body: Body,
): void {
  const leading = extents(b, rows.q, 0, 3);
  const keys = extents(b, rows.k, 3, 4);
  const logits = b.add("ReduceProd", [joined(b, leading, keys)], { keepdims: int(0) });
  b.addAs(results, "If", [b.add("Greater", [logits, b.scalar("int64", BLOCK)])], {
    then_branch: b.branch(elem, (inner) => loop(inner, site, rows, { leading, keys }, results.length, elem, body)),
    else_branch: b.branch(elem, (inner) => body(inner, rows, false)),
  });
}

interface Grid {
  /** Batch elements, heads and rows of a block; of the last, if they do not divide, fewer. */
  readonly block: string;
  /** Number of blocks along each. */
  readonly counts: string;
  /** How many blocks it takes to advance by one along each: the last varies fastest. */
  readonly steps: string;
}

/** No extent is 0 here. All rows fit where a block has several heads, all heads where it has several batch elements. */
function gridOf(b: Builder, leading: string, keys: string): Grid {
  const [heads, rows, one] = [part(b, leading, 1, 2), part(b, leading, 2, 3), b.ints([1])];
  const logits = b.add("Mul", [joined(b, b.add("Mul", [heads, rows]), rows, one), keys]);
  const fitting = b.add("Max", [b.add("Div", [b.ints([BLOCK]), logits]), b.ints([1, 1, LEAST_ROWS])]);
  const block = b.add("Min", [fitting, leading]);
  const counts = b.add("Div", [b.add("Add", [leading, b.add("Sub", [block, one])]), block]);
  const [ofHeads, ofRows] = [part(b, counts, 1, 2), part(b, counts, 2, 3)];
  return { block, counts, steps: joined(b, b.add("Mul", [ofHeads, ofRows]), ofRows, one) };
}

function loop(
  b: Builder,
  site: Site,
  rows: Rows,
  { leading, keys }: { readonly leading: string; readonly keys: string },
  results: number,
  elem: ElemType,
  body: Body,
): readonly string[] {
  const grid = gridOf(b, leading, keys);
  const cut = cutter(b, site, rows, grid);
  const trips = b.add("ReduceProd", [grid.counts], { keepdims: int(0) });
  const names = (what: string): readonly string[] => Array.from({ length: results }, () => b.fresh(what));
  const empty = names("none").map((name) => {
    b.addAs(name, "SequenceEmpty", [], { dtype: int(elemCode(elem)) });
    return name;
  });
  const [before, after] = [names("before"), names("blocks")];
  const [trip, go] = [b.fresh("trip"), b.fresh("go")];
  const scalar = (name: string, type: ElemType): GraphValue => ({ name, type: { elem: type, dims: [] } });
  const sequence = (name: string): GraphValue => ({ name, type: { elem, dims: null }, sequence: true });
  const inputs = [scalar(trip, "int64"), scalar(go, "bool"), ...before.map(sequence)];
  b.addAs(after, "Loop", [trips, "", ...empty], {
    body: b.subgraph(inputs, (inner) => {
      const made = body(inner, cut(inner, trip), true).map((x) => inner.add("Flatten", [x], { axis: int(3) }));
      const longer = made.map((x, i) => inner.add("SequenceInsert", [before[i]!, x]));
      return [scalar(inner.add("Identity", [go]), "bool"), ...longer.map(sequence)];
    }),
  });
  return after.map((blocks) => {
    const flat = b.add("ConcatFromSequence", [blocks], { axis: int(0) });
    return b.add("Reshape", [flat, joined(b, leading, extents(b, flat, 1, 2))]);
  });
}

type Cut = (b: Builder, trip: string) => Rows;

/** Cuts the operands of a trip's block out of those of the whole. */
function cutter(b: Builder, site: Site, { q, k, v, mask }: Rows, { block, counts, steps }: Grid): Cut {
  const whole = mask === null ? null : withFourAxes(b, mask, site.maskDims.length);
  const maskExtents = whole === null ? null : extents(b, whole, 0, 3);
  const skips = site.causal ? exactToSkip(b, site, { q, k, v }) : null;
  const all = b.ints([0, 0, ALL]);
  // A row sees no key behind itself, so a causal block needs none behind its last row.
  const least = skips === null ? all : b.add("Where", [skips, b.ints([0, 0, 0]), all]);
  return (inner, trip) => {
    const slice = (x: string, from: string, to: string, ...axes: readonly number[]): string =>
      inner.add("Slice", [x, from, to, inner.ints(axes)]);
    const index = inner.add("Mod", [inner.add("Div", [trip, steps]), counts]);
    const from = inner.add("Mul", [index, block]);
    const to = inner.add("Add", [from, block]);
    const [fromKeys, toKeys] = [inner.add("Mul", [from, inner.ints([1, 1, 0])]), inner.add("Max", [to, least])];
    const ofMask = (): string => {
      // A mask that is broadcast along an axis has extent 1 there.
      const start = inner.add("Mod", [from, maskExtents!]);
      const end = inner.add("Add", [start, block]);
      const cut = slice(whole!, start, end, 0, 1, 2);
      return skips === null ? cut : slice(cut, inner.ints([0]), part(inner, toKeys, 2, 3), 3);
    };
    return {
      q: slice(q, from, to, 0, 1, 2),
      k: slice(k, fromKeys, toKeys, 0, 1, 3),
      v: slice(v, fromKeys, toKeys, 0, 1, 2),
      mask: whole === null ? null : ofMask(),
      firstRow: inner.add("Gather", [from, inner.scalar("int64", 2)]),
    };
  };
}

function withFourAxes(b: Builder, mask: string, axes: number): string {
  return axes === 4 ? mask : b.add("Unsqueeze", [mask, b.ints(Array.from({ length: 4 - axes }, (_, i) => i))]);
}

/**
 * Scalar boolean, or `null` for never: the keys that the causal pattern hides change nothing, since their weights are exactly 0 and no
 * value is NaN or infinite. Where the pattern is added to scores, these must be finite too.
 */
function exactToSkip(b: Builder, { elem, fill, fillAt, mask, maskIsBoolean }: Site, rows: Pick<Rows, "q" | "k" | "v">) {
  const added = fillAt === FILL_AT.sum && mask !== null && !maskIsBoolean;
  if (fill !== -Infinity || added) return null;
  const finite = allFinite(b, rows.v, elem);
  return fillAt === FILL_AT.score ? finite : b.add("And", [finite, dotsBelow(b, [rows.q, rows.k], elem, 1e30)]);
}

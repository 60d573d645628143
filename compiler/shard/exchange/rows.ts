/**
 * @file Moves rows of a split axis to the ranks that read them, in one exchange. The rows of every block are the intersection of what one rank
 * holds and another reads, segment by segment, so this is exact for every cut, also where chunks are shorter than what is read. Knows no operator.
 */
import { indexIn } from "../../../program/mesh.ts";
import { add, max, min, mul, RANK, start, sub, type Expr } from "../../expr/expr.ts";
import type { ValueShape } from "../../ir/types.ts";
import { lengthOf, type Split } from "../layout.ts";
import { localDimsOf, splitRanks, type State } from "../state.ts";
import type { Origin, Purpose } from "../types.ts";
import { addCollective, addConcat, addLocal, elemOf, integers, type Sending } from "../writer.ts";

/** Places of an axis, by the position of a rank in its group: from the first to the one behind the last, both within the axis. */
export interface Stretch {
  readonly from: (index: Expr) => Expr;
  readonly to: (index: Expr) => Expr;
}

/** What each rank holds of the segment at `at`. */
export function chunkOf(state: State, { segments, inner }: Split, at: number): Stretch {
  const before = lengthOf(segments.slice(0, at));
  const edge = (index: Expr): Expr =>
    mul(add(before, start("sequence", segments[at]!.length, splitRanks(state), index)), inner);
  return { from: edge, to: (index) => edge(add(index, 1)) };
}

/** How many places of a segment the evaluating rank holds. */
export function placesOf(state: State, split: Split, at: number): Expr {
  const own = indexIn(state.over, RANK, state.options.mesh);
  const { from, to } = chunkOf(state, split, at);
  return sub(to(own), from(own));
}

/** What a rank made of each segment, one after the other: a value of the given whole shape, named `name` if there are several. */
export function joinParts(
  state: State,
  parts: readonly string[],
  name: string,
  { dims }: ValueShape,
  { axis, output }: { readonly axis: number; readonly output: Split },
  origin: Origin,
): string {
  const rows = add(0, ...output.segments.map((_, at) => placesOf(state, output, at)));
  return addConcat(state, origin, parts, axis, name, dims.with(axis, rows));
}

/** A value of which each rank holds its rows, and where it is read from. */
export interface Held {
  readonly value: string;
  readonly axis: number;
  /** With `outer` 1. */
  readonly split: Split;
}

/** Adds the exchange; of each stretch the rows that the evaluating rank reads, in order. `name` begins the names of all values. */
export function readRows(
  state: State,
  held: Held,
  stretches: readonly Stretch[],
  { name, purpose }: { readonly name: string; readonly purpose: Purpose },
  origin: Origin,
): readonly string[] {
  const { axis, split } = held;
  const dims = localDimsOf(state, held.value);
  const parts = split.segments.map((_, at) => at);
  const sent = stretches.flatMap((stretch, t) =>
    parts.map((at) => {
      const tag = [t, at].filter((_, i) => (i === 0 ? stretches : parts).length > 1).join(".");
      return sendRows(state, held, at, stretch, tag === "" ? name : `${name}.${tag}`, origin);
    }),
  );
  const step = { name: `${name}::${purpose}`, collective: "all-to-all", group: state.over, purpose, origin } as const;
  const received = addCollective(state, step, sent);
  const own = indexIn(state.over, RANK, state.options.mesh);
  return stretches.map(({ from, to }, t) => {
    const rows = dims.with(axis, max(0, sub(to(own), from(own))));
    const blocks = parts.flatMap((at) => received[t * parts.length + at]!);
    return addConcat(state, origin, blocks, axis, `${name}::rows${stretches.length > 1 ? t : ""}`, rows);
  });
}

/** The rows of one segment that every other rank reads of a stretch. */
function sendRows(
  state: State,
  { value, axis, split }: Held,
  at: number,
  stretch: Stretch,
  name: string,
  origin: Origin,
): Sending {
  const { mesh } = state.options;
  const own = indexIn(state.over, RANK, mesh);
  const dims = localDimsOf(state, value);
  const chunk = chunkOf(state, split, at);
  const earlier = split.segments.slice(0, at).map((_, i) => chunkOf(state, split, i));
  const before = add(0, ...earlier.map(({ from, to }) => sub(to(own), from(own))));
  const send = Array.from({ length: splitRanks(state) }, (_, to) => {
    const { first, rows } = block(chunk, own, stretch, to);
    const begin = add(before, first);
    const operand = (what: string, element: Expr): string => integers(state, `${name}::to${to}.${what}`, [element]);
    const operands = [operand("start", begin), operand("end", add(begin, rows)), operand("axis", axis)];
    const outputs = [{ name: `${name}::to${to}`, dims: dims.with(axis, rows) }];
    return addLocal(state, origin, { op: "Slice", inputs: [value, ...operands], outputs })[0]!;
  });
  const rowsOf = (from: Expr, to: Expr): Expr =>
    block(chunk, indexIn(state.over, from, mesh), stretch, indexIn(state.over, to, mesh)).rows;
  return {
    send,
    receive: (from) => `${name}::from${from}`,
    elem: elemOf(state, value),
    dims: (from, to) => dims.with(axis, rowsOf(from, to)),
  };
}

/** What the rank at position `index` holds of what the one at `reader` reads: its first row of the chunk, and the number of rows. */
function block(
  chunk: Stretch,
  index: Expr,
  { from, to }: Stretch,
  reader: Expr,
): { readonly first: Expr; readonly rows: Expr } {
  const first = max(chunk.from(index), from(reader));
  const rows = max(0, sub(min(chunk.to(index), to(reader)), first));
  return { first: sub(first, chunk.from(index)), rows };
}

/**
 * @file A window that moves along a split axis: each rank computes its places of the result from the rows that their windows read. It gets
 * those that other ranks hold in one exchange, from as many ranks as hold some, and fills what lies outside the axis. The rows of every block are
 * the intersection of what one rank holds and another reads, so this is exact for every cut, also where chunks are shorter than a window.
 */
import { indexIn } from "../../../program/mesh.ts";
import { add, equal, exactDiv, isOpen, max, min, mul, RANK, start, sub, type Expr } from "../../expr/expr.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { WindowExchange } from "../../operators/types.ts";
import { sayPlace } from "../origins.ts";
import { neverEmpty } from "../knowledge.ts";
import { extentOf, shardOf, type Split } from "../layout.ts";
import { declare, localDimsOf, shapeOf, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addCollective, addConcat, addLocal, elemOf, integers, takeNode } from "../writer.ts";

/** A node whose window moves along an axis that is split, and how its result is split. */
export interface WindowSplit {
  readonly window: WindowExchange;
  readonly input: Split;
  readonly output: Split;
}

/** `null` where the rows are of several segments, or a rank might have no row of the result. */
export function windowSplit(
  state: State,
  node: CanonicalNode,
  window: WindowExchange,
  input: Split,
  places: Expr,
  origin: Origin,
): WindowSplit | null {
  const [segment] = input.segments;
  if (!segment || input.segments.length > 1 || !equal(input.outer, 1)) return null;
  const rows = exactDiv(input.inner, window.stride);
  const like = rows === null ? null : { ...input, inner: rows };
  if (like !== null && equal(extentOf(like), places)) {
    return neverEmpty(state, splitRanks(state), like.segments) ? { window, input, output: like } : null;
  }
  // Other places than rows are dealt anew, and each rank must get one.
  if (isOpen(places) || (typeof places === "number" && places < splitRanks(state))) return null;
  const name = node.outputs[0]!;
  const output: Split = { outer: 1, segments: [{ length: places, origin: name }], inner: 1 };
  const by = state.splitters.get(segment.origin);
  if (by !== undefined) state.splitters.set(name, by);
  const minimum = {
    extent: places,
    atLeast: splitRanks(state),
    name: `axis ${window.axis} of the result of ${sayPlace(origin)}`,
    slice: null,
  };
  state.minimums.push({ ...minimum, origin: by ?? origin });
  return { window, input, output };
}

/** Adds the exchange, the filling and the node. */
export function exchangeRows(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  { window, input, output }: WindowSplit,
  origin: Origin,
): void {
  const [value, ...others] = node.inputs as readonly [string, ...string[]];
  const [name] = node.outputs as readonly [string];
  const layout = [shardOf(window.axis, output, state.over)];
  if (splitRanks(state) === 1) {
    takeNode(state, node, origin);
  } else {
    const reads = reader(state, window, input, output);
    const filled = addFilling(state, window, reads, addBlocks(state, value, name, window.axis, reads, origin), origin);
    takeNode(state, { ...node, inputs: [filled, ...others], attributes: window.attributes }, origin);
  }
  declare(state, name, shape, layout, name, state.origins.get(value) ?? origin);
}

/** Positions along the axis, by the index of a rank in its group. */
interface Reads {
  /** Where the rows that a rank holds begin; those of the next rank begin where they end. */
  readonly held: (index: Expr) => Expr;
  /** The first place that a rank's windows read, and the one behind the last. */
  readonly from: (index: Expr) => Expr;
  readonly to: (index: Expr) => Expr;
  readonly extent: Expr;
}

function reader(state: State, { stride, extent, before }: WindowExchange, input: Split, output: Split): Reads {
  const edge = ({ segments: [segment], inner }: Split, index: Expr): Expr =>
    mul(start("sequence", segment!.length, splitRanks(state), index), inner);
  return {
    held: (index) => edge(input, index),
    from: (index) => sub(mul(edge(output, index), stride), before),
    to: (index) => add(mul(edge(output, add(index, 1)), stride), extent - stride - before),
    extent: extentOf(input),
  };
}

/** Where within the axis: what lies outside is no row of any rank. */
function inside({ from, to, extent }: Reads, index: Expr): readonly [Expr, Expr] {
  return [max(0, from(index)), min(extent, to(index))];
}

/** What the rank at position `index` holds of what the one at `reader` reads: its first row there, and the number of rows. */
function block(reads: Reads, index: Expr, reading: Expr): { readonly first: Expr; readonly rows: Expr } {
  const [from, to] = inside(reads, reading);
  const first = max(reads.held(index), from);
  const rows = max(0, sub(min(reads.held(add(index, 1)), to), first));
  return { first: sub(first, reads.held(index)), rows };
}

/** The rows that the rank reads, in order. */
function addBlocks(state: State, value: string, name: string, axis: number, reads: Reads, origin: Origin): string {
  const { mesh } = state.options;
  const ranks = splitRanks(state);
  const own = indexIn(state.over, RANK, mesh);
  const dims = localDimsOf(state, value);
  const rowsOf = (from: Expr, to: Expr): Expr =>
    block(reads, indexIn(state.over, from, mesh), indexIn(state.over, to, mesh)).rows;
  const send = Array.from({ length: ranks }, (_, at) => {
    const { first, rows } = block(reads, own, at);
    const operand = (what: string, element: Expr): string => integers(state, `${name}::to${at}.${what}`, [element]);
    const operands = [operand("start", first), operand("end", add(first, rows)), operand("axis", axis)];
    const outputs = [{ name: `${name}::to${at}`, dims: dims.with(axis, rows) }];
    return addLocal(state, origin, { op: "Slice", inputs: [value, ...operands], outputs })[0]!;
  });
  const [received] = addCollective(
    state,
    { name: `${name}::halo`, collective: "all-to-all", group: state.over, purpose: "halo", origin },
    [
      {
        send,
        receive: (at) => `${name}::from${at}`,
        elem: elemOf(state, value),
        dims: (from, to) => dims.with(axis, rowsOf(from, to)),
      },
    ],
  );
  const [from, to] = inside(reads, own);
  return addConcat(state, origin, received!, axis, `${name}::rows`, dims.with(axis, max(0, sub(to, from))));
}

/** The rows with what the rank's windows read outside the axis. */
function addFilling(
  state: State,
  { axis, before, after }: WindowExchange,
  reads: Reads,
  rows: string,
  origin: Origin,
): string {
  if (before + after === 0) return rows;
  const own = indexIn(state.over, RANK, state.options.mesh);
  const [from, to] = [reads.from(own), reads.to(own)];
  const dims = shapeOf(state, rows).dims;
  const none = dims.map((): Expr => 0);
  const pads = [...none.with(axis, max(0, mul(-1, from))), ...none.with(axis, max(0, sub(to, reads.extent)))];
  const inputs = [rows, integers(state, `${rows}::pads`, pads)];
  const outputs = [{ name: `${rows}::filled`, dims: dims.with(axis, sub(to, from)) }];
  return addLocal(state, origin, { op: "Pad", inputs, outputs })[0]!;
}

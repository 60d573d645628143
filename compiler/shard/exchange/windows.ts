/**
 * @file A window that moves along a split axis: each rank computes its places of the result from the rows that their windows read. It gets
 * those that other ranks hold in one exchange, and fills what lies outside the axis. Where rows are of several segments, it does so for each
 * segment of the result.
 */
import { indexIn } from "../../../program/mesh.ts";
import { add, max, min, mul, RANK, sub, type Expr } from "../../expr/expr.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { WindowExchange } from "../../operators/types.ts";
import { extentOf } from "../layout.ts";
import { shapeOf, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addLocal, integers, takeNode } from "../writer.ts";
import type { Dealing } from "./dealing.ts";
import { chunkOf, joinParts, placesOf, readRows, type Stretch } from "./rows.ts";

/** Adds the exchange, the filling and the node. */
export function exchangeRows(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  window: WindowExchange,
  { input, output }: Dealing,
  origin: Origin,
): void {
  const [value, ...others] = node.inputs as readonly [string, ...string[]];
  const [name] = node.outputs as readonly [string];
  const { axis } = window;
  const extent = extentOf(input);
  const reads = output.segments.map((_, at) => readsOf(window, chunkOf(state, output, at)));
  const inside = reads.map(({ from, to }): Stretch => {
    return { from: (i) => max(0, from(i)), to: (i) => min(extent, to(i)) };
  });
  const rows = readRows(state, { value, axis, split: input }, inside, { name, purpose: "halo" }, origin);
  const filled = rows.map((read, at) => addFilling(state, window, reads[at]!, extent, read, origin));
  const local = { ...node, attributes: window.attributes };
  const [only] = filled;
  if (filled.length === 1) return takeNode(state, { ...local, inputs: [only!, ...others] }, origin);
  const parts = filled.map((read, at) => {
    const dims = shape.dims.with(axis, placesOf(state, output, at));
    const outputs = [{ name: `${name}::part${at}`, dims, elem: shape.elem }];
    return addLocal(state, origin, { ...local, inputs: [read, ...others], outputs })[0]!;
  });
  joinParts(state, parts, name, shape, { axis, output }, origin);
}

/** From the first place that a rank's windows read to the one behind the last; places may lie outside the axis. */
function readsOf({ stride, extent, before }: WindowExchange, { from, to }: Stretch): Stretch {
  return {
    from: (index) => sub(mul(from(index), stride), before),
    to: (index) => add(mul(to(index), stride), extent - stride - before),
  };
}

/** The rows with what the rank's windows read outside the axis. */
function addFilling(
  state: State,
  { axis, before, after }: WindowExchange,
  { from: first, to: last }: Stretch,
  extent: Expr,
  rows: string,
  origin: Origin,
): string {
  if (before + after === 0) return rows;
  const own = indexIn(state.over, RANK, state.options.mesh);
  const [from, to] = [first(own), last(own)];
  const dims = shapeOf(state, rows).dims;
  const none = dims.map((): Expr => 0);
  const pads = [...none.with(axis, max(0, mul(-1, from))), ...none.with(axis, max(0, sub(to, extent)))];
  const inputs = [rows, integers(state, `${rows}::pads`, pads)];
  const outputs = [{ name: `${rows}::filled`, dims: dims.with(axis, sub(to, from)) }];
  return addLocal(state, origin, { op: "Pad", inputs, outputs })[0]!;
}

/**
 * @file Rows of a split axis that are read by numbers, the same numbers on all ranks: each rank reads those that it holds and its first row in place of
 * the others, an all-gather distributes what was read, and each rank chooses by owner. Elements are copied, never added, so all bits are kept. A
 * number outside the axis names no owner, which is an error of ONNX Runtime, as it is in the unsplit model. Where the numbers are constants, only
 * their owners send.
 */
import { add, equal, max, min, mul, sub, type Expr } from "../../expr/expr.ts";
import { int } from "../../graph/attributes.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { ReadExchange } from "../../operators/types.ts";
import { neverEmpty } from "../knowledge.ts";
import { extentOf, WHOLE, type Split } from "../layout.ts";
import { declare, localDimsOf, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addCollective, addConcat, addLocal, addReshape, integer, integers, takeNode } from "../writer.ts";
import { addIndices, addNumbers, addOwners, make, type Site } from "./owners.ts";
import { readRows, type Stretch } from "./rows.ts";

/** False, with nothing added, where a rank might have no row. */
export function readByNumber(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  exchange: ReadExchange,
  indices: ValueShape,
  split: Split,
  origin: Origin,
): boolean {
  const [name] = node.outputs as readonly [string];
  const site: Site = { state, node, exchange, indices, split, origin, name };
  const ranks = splitRanks(state);
  if (state.over !== "sequence" || !equal(split.outer, 1)) return false;
  if (!neverEmpty(state, ranks, split.segments)) return false;
  if (ranks === 1) takeNode(state, node, origin);
  else if (exchange.numbers !== null) readConstants(site, exchange.numbers, shape);
  else readComputed(site, shape);
  declare(state, name, shape, WHOLE, name, origin);
  return true;
}

/** How many rows are read. */
function countOf({ exchange: { before, picks } }: Site, { dims }: ValueShape): Expr {
  return mul(...dims.slice(before, before + picks));
}

/** Each number is a stretch of one row, empty outside the axis: reading the first row of nothing fails as the model does. */
function readConstants(
  { state, node, exchange, split, origin, name }: Site,
  numbers: readonly number[],
  { elem, dims }: ValueShape,
): void {
  const [value] = node.inputs as readonly [string];
  const { before: axis, picks } = exchange;
  const extent = extentOf(split);
  const stretches = numbers.map((n): Stretch => {
    const at = n < 0 ? add(extent, n) : n;
    const edge = (place: Expr) => (): Expr => max(0, min(place, extent));
    return { from: edge(at), to: edge(add(at, 1)) };
  });
  const rows = readRows(state, { value, axis, split }, stretches, { name, purpose: "read" }, origin);
  const count = add(0, ...stretches.map(({ from, to }) => sub(to(0), from(0))));
  const joined = addConcat(state, origin, rows, axis, `${name}::all`, localDimsOf(state, value).with(axis, count));
  const order = numbers.map((_, i) => i);
  const at = picks === 0 ? integer(state, `${name}::order`, 0) : integers(state, `${name}::order`, order);
  const attributes = { axis: int(axis) };
  addLocal(state, origin, { op: "Gather", inputs: [joined, at], outputs: [{ name, dims, elem }], attributes });
}

function readComputed(site: Site, shape: ValueShape): void {
  const { state, node, exchange, origin, name } = site;
  const [value, indices, ...others] = node.inputs as readonly [string, string, ...string[]];
  const { before, picks } = exchange;
  const count = countOf(site, shape);
  const numbers = addNumbers(site, indices, count);
  const { owner, place } = addOwners(site, numbers, count);
  const local = addIndices(site, indices, place);
  const { elem, dims } = shape;
  const results = [{ name: `${name}::own`, dims, elem }];
  const [own] = addLocal(state, origin, { ...node, inputs: [value, local, ...others], outputs: results });
  const around = (rows: Expr): readonly Expr[] => [...dims.slice(0, before), rows, ...dims.slice(before + picks)];
  const block = addReshape(state, origin, own!, `${name}::block`, around(count));
  const [blocks] = addCollective(
    state,
    { name: `${name}::read`, collective: "all-gather", group: state.over, purpose: "read", origin },
    [{ send: [block], receive: (rank) => `${name}::from${rank}`, elem, dims: () => around(count) }],
  );
  const all = addConcat(state, origin, blocks!, before, `${name}::all`, around(mul(count, splitRanks(state))));
  const first = make(site, "Mul", [owner, integers(state, `${name}::count`, [count])], "first", [count]);
  const range = [0, count, 1].map((n, i) => integer(state, `${name}::range${i}`, n));
  const chosen = make(site, "Add", [first, make(site, "Range", range, "each", [count])], "chosen", [count]);
  const outputs = [{ name: `${name}::picked`, dims: around(count), elem }];
  const attributes = { axis: int(before) };
  const [picked] = addLocal(state, origin, { op: "Gather", inputs: [all, chosen], outputs, attributes });
  addReshape(state, origin, picked!, name, dims);
}

/**
 * @file A running sum along a split axis: each rank sums its rows, an all-gather distributes the totals, and each rank adds those of the ranks
 * before it (counting back: behind it).
 */
import { indexIn } from "../../../program/mesh.ts";
import { add, equal, RANK, type Expr } from "../../expr/expr.ts";
import { int } from "../../graph/attributes.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { ScanExchange } from "../../operators/types.ts";
import { neverEmpty } from "../knowledge.ts";
import { shardOf, type Split } from "../layout.ts";
import { declare, localDimsOf, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addCollective, addConcat, addLocal, elemOf, integer, integers, takeNode } from "../writer.ts";

/** False, with nothing added, where the rows are of several segments, or a rank might have none. */
export function scan(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  exchange: ScanExchange,
  split: Split,
  origin: Origin,
): boolean {
  const { axis } = exchange;
  const [value, ...operands] = node.inputs as readonly [string, ...string[]];
  const [name] = node.outputs as readonly [string];
  const ranks = splitRanks(state);
  if (split.segments.length !== 1 || !equal(split.outer, 1) || !neverEmpty(state, ranks, split.segments)) return false;
  const layout = [shardOf(axis, split, state.over)];
  const by = state.origins.get(value) ?? origin;
  if (ranks === 1) {
    takeNode(state, node, origin);
    declare(state, name, shape, layout, name, by);
    return true;
  }
  const elem = elemOf(state, value);
  const dims = localDimsOf(state, value);
  const [own] = addLocal(state, origin, {
    op: node.op,
    inputs: [value, ...operands],
    outputs: [{ name: `${name}::own`, dims }],
    attributes: node.attributes,
  });
  const before = addBefore(state, value, name, exchange, dims, origin);
  const outputs = [{ name, dims, elem }];
  const [made] = addLocal(state, origin, { op: "Add", inputs: [own!, before], outputs });
  declare(state, made!, shape, layout, name, by);
  return true;
}

/** The total of the ranks before this one (`reverse`: behind it), with extent 1 along the axis. */
function addBefore(
  state: State,
  value: string,
  name: string,
  { axis, reverse }: ScanExchange,
  dims: readonly Expr[],
  origin: Origin,
): string {
  const one = dims.with(axis, 1);
  const axes = (): string => integers(state, `${name}::axis`, [axis]);
  const outputs = [{ name: `${name}::total`, dims: one }];
  const [total] = addLocal(state, origin, {
    op: "ReduceSum",
    inputs: [value, axes()],
    outputs,
    attributes: { keepdims: int(1) },
  });
  const [received] = addCollective(
    state,
    { name: `${name}::totals`, collective: "all-gather", group: state.over, purpose: "scan", origin },
    [{ send: [total!], receive: (at) => `${name}::from${at}`, elem: elemOf(state, value), dims: () => one }],
  );
  const all = dims.with(axis, received!.length);
  const joined = addConcat(state, origin, received!, axis, `${name}::all-totals`, all);
  const [sums] = addLocal(state, origin, {
    op: "CumSum",
    inputs: [joined, integer(state, `${name}::along`, axis)],
    outputs: [{ name: `${name}::sums`, dims: all }],
    attributes: { exclusive: int(1), reverse: int(reverse ? 1 : 0) },
  });
  const own = indexIn(state.over, RANK, state.options.mesh);
  const range = [integers(state, `${name}::start`, [own]), integers(state, `${name}::end`, [add(own, 1)]), axes()];
  return addLocal(state, origin, {
    op: "Slice",
    inputs: [sums!, ...range],
    outputs: [{ name: `${name}::before`, dims: one }],
  })[0]!;
}

/**
 * @file An axis that is padded with a number, by lengths: what is added is a stream of its own on each side, of which each rank holds a chunk, so that
 * nothing is exchanged.
 */
import { equal, max, RANK, type Expr } from "../../expr/expr.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { PadExchange } from "../../operators/types.ts";
import { localLength, shardOf, type Split } from "../layout.ts";
import { declare, type State } from "../state.ts";
import type { Origin, Segment } from "../types.ts";
import { integers, takeNode } from "../writer.ts";

/** False, with nothing added, where the rows are not the outermost of the axis, or where no run can check that nothing is cropped. */
export function addPads(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  { axis, before, after, first, last }: PadExchange,
  split: Split,
  origin: Origin,
): boolean {
  const [value, operand] = node.inputs as readonly [string, string, ...string[]];
  const [name] = node.outputs as readonly [string];
  const pads = state.integers.get(operand);
  if (pads === undefined || !equal(split.outer, 1) || !equal(split.inner, 1)) return false;
  // A negative number crops the axis, at one end of all rows.
  if (![before, after].every((n) => state.assumed.assume(n, max(0, n), origin))) return false;
  const by = state.origins.get(value) ?? origin;
  const added = (length: Expr): readonly Segment[] => (length === 0 ? [] : [{ length, origin: name }]);
  const shard = shardOf(
    axis,
    { ...split, segments: [...added(before), ...split.segments, ...added(after)] },
    state.over,
  );
  state.splitters.set(name, by);
  const local = (length: Expr): Expr => localLength(length, shard, state.options.mesh, RANK);
  const elements = pads.elements.with(first, local(before)).with(last, local(after));
  const inputs = node.inputs.with(1, integers(state, `${name}::pads`, elements));
  takeNode(state, { ...node, inputs }, origin);
  declare(state, name, shape, [shard], name, by);
  return true;
}

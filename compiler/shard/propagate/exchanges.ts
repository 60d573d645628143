/**
 * @file The one place that carries out what a rule says of a split axis that its operator needs whole: how the ranks exchange rows or totals
 * instead. Knows the kinds of exchanges, no operator.
 */
import { outputShapes } from "../../operators/infer.ts";
import { atMost, equal, RANK, type Expr } from "../../expr/expr.ts";
import type { FactorMap, NodeView, PadExchange } from "../../operators/types.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import { localLength, shardOf, type Split } from "../layout.ts";
import { sayValue } from "../origins.ts";
import { declare, type State } from "../state.ts";
import type { Origin, Segment } from "../types.ts";
import { integers, takeNode } from "../writer.ts";
import { position } from "./position.ts";
import { scan } from "./scan.ts";
import { exchangeRows, windowSplit } from "./windows.ts";

/** Adds the steps of a node along its only split factor; false, with nothing added, if the rule or the split allows no exchange. */
export function exchangeAlong(
  state: State,
  node: CanonicalNode,
  view: NodeView,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
  origin: Origin,
): boolean {
  const [entry, ...others] = splits;
  const exchange = map.exchanges?.find(({ factor }) => factor === entry?.[0]);
  // The batch is not exchanged inside the model.
  if (entry === undefined || others.length > 0 || exchange === undefined || state.over === "batch") return false;
  if (map.factors[exchange.factor]!.kind !== "along") return false;
  const [shape] = outputShapes(view) ?? [];
  if (shape === undefined) return false;
  if (exchange.kind === "scan") return scan(state, node, shape, exchange, entry[1], origin);
  if (exchange.kind === "pad") return pad(state, node, shape, exchange, entry[1], origin);
  if (exchange.kind === "position") return position(state, node, shape, exchange, entry[1], origin);
  const places = state.assumed.normal(map.factors[exchange.output]!.size);
  const moving = windowSplit(state, node, exchange, entry[1], places, origin);
  if (moving !== null) exchangeRows(state, node, shape, moving, origin);
  return moving !== null;
}

/** False, with nothing added, where the rows are not the outermost of the axis. What is added is a segment for each side. */
function pad(
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
  const by = state.origins.get(value) ?? origin;
  const added = (length: Expr): readonly Segment[] => (length === 0 ? [] : [{ length, origin: name }]);
  const shard = shardOf(
    axis,
    { ...split, segments: [...added(before), ...split.segments, ...added(after)] },
    state.over,
  );
  state.splitters.set(name, by);
  for (const extent of [before, after].filter((n) => !atMost(0, n)))
    state.minimums.push({ extent, atLeast: 0, name: `padding of ${sayValue(state, name)}`, slice: null, origin: by });
  const local = (length: Expr): Expr => localLength(length, shard, state.options.mesh, RANK);
  const elements = pads.elements.with(first, local(before)).with(last, local(after));
  const inputs = node.inputs.with(1, integers(state, `${name}::pads`, elements));
  takeNode(state, { ...node, inputs }, origin);
  declare(state, name, shape, [shard], name, by);
  return true;
}

/**
 * @file The one place that carries out what a rule says of a split axis that its operator needs whole: how the ranks exchange rows, totals or
 * moments instead. Knows the kinds of exchanges, no operator.
 */
import { outputShapes } from "../../operators/infer.ts";
import type { Exchange, FactorMap, NodeView } from "../../operators/types.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import { shardOf, type Split } from "../layout.ts";
import { declare, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { takeNode } from "../writer.ts";
import { deal } from "./dealing.ts";
import { normaliseBy } from "./moments.ts";
import { addPads } from "./pads.ts";
import { position } from "./position.ts";
import { readByNumber } from "./reads.ts";
import { scan } from "./scan.ts";
import { exchangeBlocks } from "./trims.ts";
import { exchangeRows } from "./windows.ts";

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
  if (exchange.kind === "pad") return addPads(state, node, shape, exchange, entry[1], origin);
  if (exchange.kind === "position") return position(state, node, shape, exchange, entry[1], origin);
  if (exchange.kind === "read") {
    const [, indices] = view.inputs;
    return indices ? readByNumber(state, node, shape, exchange, indices, entry[1], origin) : false;
  }
  if (exchange.kind === "moments") return normaliseBy(state, node, shape, exchange, entry[1], origin);
  return exchangeWindows(state, node, shape, map, exchange, entry[1], origin);
}

function exchangeWindows(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  map: FactorMap,
  exchange: Extract<Exchange, { kind: "window" | "trim" }>,
  split: Split,
  origin: Origin,
): boolean {
  const name = node.outputs[0]!;
  const { axis } = exchange;
  const places = state.assumed.normal(map.factors[exchange.output]!.size);
  const [up, down] = exchange.kind === "trim" ? [exchange.up, exchange.down] : [1, exchange.stride];
  const dealing = deal(state, split, { name, axis, places, up, down }, origin);
  if (dealing === null) return false;
  const by = state.origins.get(node.inputs[0]!) ?? origin;
  if (splitRanks(state) === 1) takeNode(state, node, origin);
  else if (exchange.kind === "trim") exchangeBlocks(state, node, shape, exchange, dealing, origin);
  else exchangeRows(state, node, shape, exchange, dealing, origin);
  declare(state, name, shape, [shardOf(axis, dealing.output, state.over)], name, by);
  return true;
}

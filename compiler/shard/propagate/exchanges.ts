/**
 * @file The one place that carries out what a rule says of a split axis that its operator needs whole: how the ranks exchange rows or totals
 * instead. Knows the kinds of exchanges, no operator.
 */
import { outputShapes } from "../../operators/infer.ts";
import type { FactorMap, NodeView } from "../../operators/types.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import type { Split } from "../layout.ts";
import type { State } from "../state.ts";
import type { Origin } from "../types.ts";
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
  if (exchange.kind === "position") return position(state, node, shape, exchange, entry[1], origin);
  const places = state.assumed.normal(map.factors[exchange.output]!.size);
  const moving = windowSplit(state, node, exchange, entry[1], places, origin);
  if (moving !== null) exchangeRows(state, node, shape, moving, origin);
  return moving !== null;
}

/**
 * @file Alignment: of a whole operand that shares a split factor each rank takes its rows, segment by segment, without communication.
 */
import { gatherAt } from "./gather-at.ts";
import type { FactorMap } from "../../operators/types.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { show } from "../../expr/expr.ts";
import { embed, extentOf, shardOf, type Split } from "../layout.ts";
import { inputsBehind } from "./inputs-behind.ts";
import { at, atSplitOf, originAt, originOf, relatedTo, say, sayValue } from "../origins.ts";
import { align } from "../slices.ts";
import { shapeOf, type State } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import type { AxisShard, Origin } from "../types.ts";

/** The operand as the split factors require it: itself, a local slice, or `null` with a diagnostic. */
export function alignOperand(
  state: State,
  node: CanonicalNode,
  operand: number,
  value: string,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
): string | null {
  const axes = map.inputs[operand];
  if (!axes || value === "" || layoutOf(state, value).length > 0) return value;
  const wanted = axes.flatMap((axis, a): [number, AxisShard | null][] => {
    const split = embed(axis, splits, map.factors);
    return split === undefined ? [] : [[a, split === null ? null : shardOf(a, split, state.over)]];
  });
  const shard = wanted[0]?.[1];
  if (shard === undefined) return value;
  const origin: Origin = { module: node.scope, node: node.name, spec: null };
  if (shard === null || wanted.length > 1) {
    const split = node.inputs.find((input) => layoutOf(state, input).length > 0) ?? value;
    const to = { operand: sayValue(state, split), gather: gatherAt(state, node, split) };
    const params = { ...at(node), value: sayValue(state, value), axes: wanted.map(([a]) => a), ...to };
    state.diagnostics.push(diagnose(catalog.noLayout, params, atSplitOf(state, split)));
    return null;
  }
  const extent = shapeOf(state, value).dims[shard.axis]!;
  if (!state.assumed.assume(extent, extentOf(shard), origin)) {
    const params = { ...at(node), first: show(extent), second: show(extentOf(shard)) };
    state.diagnostics.push(diagnose(catalog.extentsDiffer, params, atSplitOf(state, value)));
    return null;
  }
  return alignTo(state, node, value, shard, origin);
}

/** Slices a whole value and records it; a second call for the same slice returns the first one. */
export function alignTo(state: State, node: CanonicalNode, value: string, shard: AxisShard, origin: Origin): string {
  const local = align(state, value, [shard], origin);
  if (!state.alignments.some((a) => a.aligned === local)) {
    state.alignments.push({ value, aligned: local, layout: [shard], origin });
    const shown = sayValue(state, value);
    const behind = inputsBehind(state, value, shard.axis);
    const splits = behind?.map((input) => `"${input.name}": { "split_dim": ${input.axis} }`).join(", ");
    const inputs = Object.fromEntries((behind ?? []).map(({ name, axis }) => [name, { split_dim: axis }]));
    const span = originOf(state, [shard], undefined)?.spec?.origin.span ?? undefined;
    const where = { span, related: relatedTo(originAt(node), "meets the split value here") };
    const params = { value: shown, layout: say([shard]), ...at(node) };
    state.diagnostics.push(
      splits === undefined
        ? diagnose(catalog.alignedByItself, params, where)
        : diagnose(catalog.aligned, { ...params, splits, inputs }, where),
    );
  }
  return local;
}

/**
 * @file The causal pattern as a mask, for ranks that hold only some of the query rows: the index of a row no longer gives its position.
 * Rows are compared by their position in the unsplit sequence, so order and segments do not matter.
 */
import { attentionFill, asCp, fillAttributes, withoutCausalAttributes } from "../../ir/cp.ts";
import { CP, FILL_AT } from "../../ir/types.ts";
import { tensorFromNumbers } from "../../graph/tensors.ts";
import { add, RANK, type Expr } from "../../expr/expr.ts";
import { localDims } from "../layout.ts";
import { sliceLocal } from "../slices.ts";
import { shapeOf, type State } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import { addLocal, elemOf, integers, integer } from "../writer.ts";
import type { AxisShard } from "../types.ts";
import { HEADS, ROWS, type Attention } from "./operands.ts";

export function isCausal(site: Attention): boolean {
  return asCp(site.node, "Attention")?.causal === true;
}

/** The site without its causal pattern, which `causalMask` gives instead. */
export function withoutCausal(site: Attention): Attention {
  return { ...site, node: { ...site.node, attributes: withoutCausalAttributes(site.node.attributes) } };
}

/** Keys of one rank of a ring: those that flat rank `rank` holds under `shard`. */
export interface HeldKeys {
  readonly shard: AxisShard;
  readonly rank: Expr;
}

/** `mask` (already local, or none) with the pattern for the local rows and these keys (all without `held`): query i sees the keys up to i. */
export function causalMask(
  state: State,
  site: Attention,
  mask: string | null,
  rows: AxisShard | null,
  held: HeldKeys | null,
): string {
  const { origin } = site;
  const name = `${site.node.outputs[0]}::causal`;
  const [queries, keys] = [shapeOf(state, site.q).dims[ROWS]!, shapeOf(state, site.k).dims[ROWS]!];
  const sliced = (value: string, extent: Expr, wanted: HeldKeys | null): readonly [string, Expr] => {
    if (wanted === null) return [value, extent];
    const shard: AxisShard = { ...wanted.shard, axis: 0 };
    const [local] = localDims([extent], [shard], state.options.mesh, wanted.rank);
    return [sliceLocal(state, value, shard, origin, wanted.rank), local!];
  };
  const mine = rows === null ? null : { shard: rows, rank: RANK };
  const [own, local] = sliced(positions(state, site, queries, `${name}.rows`), queries, mine);
  const axis = integers(state, `${name}::axis`, [1]);
  const [column] = addLocal(state, origin, {
    op: "Unsqueeze",
    inputs: [own, axis],
    outputs: [{ name: `${name}.column`, dims: [local, 1] }],
  });
  const [seen, width] = sliced(positions(state, site, keys, `${name}.keys`), keys, held);
  const dims = [local, width];
  const [visible] = addLocal(state, origin, {
    op: "GreaterOrEqual",
    inputs: [column!, seen],
    outputs: [{ name, dims, elem: "bool" }],
  });
  return mask === null ? visible! : combine(state, site, mask, visible!, dims);
}

/** 0, 1, ... below `extent`. */
function positions(state: State, site: Attention, extent: Expr, name: string): string {
  const operand = (suffix: string, value: Expr): string => integer(state, `${name}::${suffix}`, value);
  const inputs = [operand("start", 0), operand("limit", add(extent)), operand("step", 1)];
  return addLocal(state, site.origin, { op: "Range", inputs, outputs: [{ name, dims: [extent], elem: "int64" }] })[0]!;
}

function combine(state: State, site: Attention, mask: string, visible: string, dims: readonly Expr[]): string {
  const { origin } = site;
  const name = `${mask}::causal`;
  const elem = elemOf(state, mask);
  const lead = localDims(shapeOf(state, mask).dims, layoutOf(state, mask), state.options.mesh, RANK).slice(0, -HEADS);
  const outputs = [{ name, dims: [...lead, ...dims], elem }];
  if (elem === "bool") return addLocal(state, origin, { op: "And", inputs: [mask, visible], outputs })[0]!;
  const scalar = (what: string, value: number): string =>
    addLocal(state, origin, {
      op: "Fill",
      domain: CP,
      inputs: [integers(state, `${name}::shape`, [])],
      outputs: [{ name: `${name}.${what}`, dims: [], elem }],
      attributes: fillAttributes(tensorFromNumbers(elem, [1], [value])),
    })[0]!;
  const { fill, fillAt } = attentionFill(site.node);
  const never = scalar("never", fill);
  if (fillAt !== FILL_AT.sum)
    return addLocal(state, origin, { op: "Where", inputs: [visible, mask, never], outputs })[0]!;
  const [bias] = addLocal(state, origin, {
    op: "Where",
    inputs: [visible, scalar("zero", 0), never],
    outputs: [{ name: `${name}.bias`, dims, elem }],
  });
  return addLocal(state, origin, { op: "Add", inputs: [mask, bias!], outputs })[0]!;
}

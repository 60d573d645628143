/**
 * @file A node that is computed on a few more rows than the rank holds, and whose result is trimmed to the rank's places: where what lies outside
 * the axis depends on where its ends are, so that no rank can fill it. A block begins where the axis does, or so far before the rank's places that
 * they do not depend on its edge; the same holds for its end.
 */
import { indexIn } from "../../../program/mesh.ts";
import { add, floorDiv, max, min, mul, RANK, sub, type Expr } from "../../expr/expr.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { TrimExchange } from "../../operators/types.ts";
import { extentOf } from "../layout.ts";
import { type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addLocal, integers } from "../writer.ts";
import type { Dealing } from "./dealing.ts";
import { chunkOf, joinParts, placesOf, readRows, type Stretch } from "./rows.ts";

/** Adds the exchange, the node on the block, and the trimming. */
export function exchangeBlocks(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  trim: TrimExchange,
  { input, output }: Dealing,
  origin: Origin,
): void {
  const [value, ...others] = node.inputs as readonly [string, ...string[]];
  const [name] = node.outputs as readonly [string];
  const { axis } = trim;
  const extent = extentOf(input);
  const chunks = output.segments.map((_, at) => chunkOf(state, output, at));
  const blocks = chunks.map((chunk) => blockOf(trim, chunk, extent));
  const rows = readRows(state, { value, axis, split: input }, blocks, { name, purpose: "halo" }, origin);
  const own = indexIn(state.over, RANK, state.options.mesh);
  const isOne = rows.length === 1;
  const parts = rows.map((read, at) => {
    const part = isOne ? name : `${name}::part${at}`;
    const block = blocks[at]!;
    const made = floorDiv(add(mul(sub(block.to(own), block.from(own)), trim.up), trim.more), trim.down);
    const results = [{ name: `${part}::block`, dims: shape.dims.with(axis, made), elem: shape.elem }];
    const [whole] = addLocal(state, origin, { ...node, inputs: [read, ...others], outputs: results });
    const first = sub(chunks[at]!.from(own), placeAt(trim, block.from(own)));
    const count = placesOf(state, output, at);
    const operand = (what: string, element: Expr): string => integers(state, `${part}::${what}`, [element]);
    const range = [operand("start", first), operand("end", add(first, count)), operand("axis", axis)];
    const outputs = [{ name: part, dims: shape.dims.with(axis, count), elem: shape.elem }];
    return addLocal(state, origin, { op: "Slice", inputs: [whole!, ...range], outputs })[0]!;
  });
  if (!isOne) joinParts(state, parts, name, shape, { axis, output }, origin);
}

/** The place of the whole result that the first place of a block is, which begins at this row. */
function placeAt({ up, down }: TrimExchange, row: Expr): Expr {
  return mul(floorDiv(row, down), up);
}

/** The rows that a rank's places need, from a multiple of `down` on, and at least `least` of them. */
function blockOf({ up, down, before, after, least }: TrimExchange, { from, to }: Stretch, extent: Expr): Stretch {
  const first = (index: Expr): Expr => {
    const needed = mul(down, max(0, add(floorDiv(from(index), up), -Math.ceil(before / down))));
    return least === 0 ? needed : max(0, min(needed, mul(down, floorDiv(sub(extent, least), down))));
  };
  const behind = (index: Expr): Expr => {
    const needed = add(floorDiv(mul(add(to(index), -1), down), up), after + 1);
    return min(extent, max(needed, add(first(index), least)));
  };
  return { from: first, to: behind };
}

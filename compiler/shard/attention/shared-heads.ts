/**
 * @file Key/value heads that several ranks of a Ulysses group share: each rank is sent a head once, and the attention reads it once for every
 * copy that the rank is dealt. Knows no scheme.
 */
import { indexIn } from "../../../program/mesh.ts";
import { chunk, mul, RANK, sub } from "../../expr/expr.ts";
import { copyStart, dealtStart, lengthOf } from "../layout.ts";
import { addSlice } from "../slices.ts";
import { localDimsOf, type State } from "../state.ts";
import type { AxisShard, Origin } from "../types.ts";
import { addLocal, addReshape, integers } from "../writer.ts";

/** Keys or values (B, Sk, heads of the rank, D) with a head for each copy; unchanged where every rank is dealt one, or heads are not shared. */
export function withCopies(state: State, value: string, keyHeads: AxisShard | null, origin: Origin): string {
  const { mesh } = state.options;
  const copies = keyHeads?.copies ?? 1;
  if (keyHeads === null || copies === 1) return value;
  const { axis } = keyHeads;
  const length = lengthOf(keyHeads.segments);
  const all = mul(length, copies);
  if (all === mesh.ulysses_degree) return value;
  const index = indexIn("ulysses", RANK, mesh);
  const dims = localDimsOf(state, value);
  const [before, heads, after] = [dims.slice(0, axis), dims[axis]!, dims.slice(axis + 1)];
  const apart = addReshape(state, origin, value, `${value}::apart`, [...before, heads, 1, ...after]);
  const wide = [...before, heads, copies, ...after];
  const [repeated] = addLocal(state, origin, {
    op: "Expand",
    inputs: [apart, integers(state, `${value}::repeats`, wide)],
    outputs: [{ name: `${value}::repeated`, dims: wide }],
  });
  const merged = [...before, mul(heads, copies), ...after];
  const source = { value: addReshape(state, origin, repeated!, `${value}::merged`, merged), dims: merged };
  const start = sub(copyStart(length, keyHeads, mesh, index), mul(dealtStart(length, keyHeads, mesh, index), copies));
  const size = chunk("ulysses", all, mesh.ulysses_degree, index);
  return addSlice(state, source, { axis, start, size }, `${value}::copies`, origin);
}

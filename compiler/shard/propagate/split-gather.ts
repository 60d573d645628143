/**
 * @file The two actions of a plan: a split of a whole value, and a gather of a split one.
 */
import type { PlannedOperation } from "../../ir/cp.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { equal, show, type Expr } from "../../expr/expr.ts";
import { segmentsOf } from "./leaves.ts";
import { localDims, localLength, shardOf, WHOLE } from "../layout.ts";
import { rankAt } from "../../../program/mesh.ts";
import { aboutEntries, relatedTo, say, sayOrigin, sayValue } from "../origins.ts";
import { align, addIdentity, assemble } from "../slices.ts";
import { declare, shapeOf, splitRanks, type State } from "../state.ts";
import { layoutOf, valueOf } from "../knowledge.ts";
import type { Origin, Purpose } from "../types.ts";
import { addCollective } from "../writer.ts";

/** The plan entry of a bound `Shard` or `Gather` node. */
function bindingOrigin(state: State, { node, binding: at }: PlannedOperation): Origin {
  const binding = state.bindings[at];
  return { module: binding?.module ?? node.scope, node: null, spec: binding?.spec ?? null };
}

/** Each rank holds its chunk from this node on. A value that is split that way already stays unchanged. */
export function shardValue(state: State, planned: PlannedOperation): void {
  const { value: source, result: output, axis } = planned;
  const value = valueOf(state, source);
  const origin = bindingOrigin(state, planned);
  const [current] = layoutOf(state, value);
  if (current !== undefined) {
    state.replacements.set(output, value);
    const first = state.origins.get(value);
    const entry = sayOrigin(origin);
    const where = {
      span: origin.spec?.origin.span ?? undefined,
      related: relatedTo(first, "first split here"),
      about: aboutEntries(origin, first),
    };
    const same = current.axis === axis && equal(current.outer, 1) && equal(current.inner, 1);
    state.diagnostics.push(
      same
        ? diagnose(catalog.splitSatisfied, { value: sayValue(state, source), entry, from: sayOrigin(first) }, where)
        : diagnose(
            catalog.splitAgain,
            {
              value: sayValue(state, source),
              first: sayOrigin(first),
              second: entry,
              firstLayout: say([current]),
              firstAxis: equal(current.outer, 1) && equal(current.inner, 1) ? current.axis : null,
              axis,
            },
            where,
          ),
    );
    if (!same) state.poisoned.add(value);
    return;
  }
  const extent = shapeOf(state, value).dims[axis] ?? 1;
  const ranks = splitRanks(state);
  if (typeof extent === "number" && extent < ranks) reportShort(state, planned, origin, extent);
  const entry = state.bindings[planned.binding];
  const one = entry !== undefined && state.coarse.has(entry);
  const segments = one ? [{ length: extent, origin: source }] : segmentsOf(state, source, axis);
  for (const segment of segments) if (!state.splitters.has(segment.origin)) state.splitters.set(segment.origin, origin);
  const local = align(state, value, [shardOf(axis, { outer: 1, segments, inner: 1 }, state.over)], origin);
  state.minimums.push({ extent, atLeast: ranks, name: `${value} axis ${axis}`, slice: local, origin });
  state.replacements.set(output, local);
}

/** Reports an axis that does not have a row for every rank; the only one that has a length is probably meant. */
function reportShort(state: State, { value: source, axis }: PlannedOperation, origin: Origin, extent: number): void {
  const value = sayValue(state, source);
  const { dims } = shapeOf(state, valueOf(state, source));
  const [other = null, ...more] = dims.flatMap((dim, at) => (typeof dim === "number" ? [] : [at]));
  const where = { span: origin.spec?.origin.span ?? undefined, about: aboutEntries(origin) };
  const params = { value, axis, extent: show(extent), ranks: splitRanks(state), entry: sayOrigin(origin) };
  state.diagnostics.push(diagnose(catalog.tooShort, { ...params, other: more.length === 0 ? other : null }, where));
}

/** Every rank holds the whole axis again from this node on: the blocks of all ranks, in the original order. */
export function gatherValue(state: State, planned: PlannedOperation): void {
  const { value: source, result: output, axis } = planned;
  const value = valueOf(state, source);
  const origin = bindingOrigin(state, planned);
  const [shard] = layoutOf(state, value);
  const by = state.origins.get(value);
  const where = {
    span: origin.spec?.origin.span ?? undefined,
    related: relatedTo(by, shard === undefined ? "made here" : "split here"),
    about: aboutEntries(origin, by),
  };
  const entry = sayOrigin(origin);
  if (shard === undefined) {
    state.diagnostics.push(diagnose(catalog.gatherOfWhole, { value: sayValue(state, source), entry }, where));
  } else if (shard.axis !== axis) {
    const from = sayOrigin(by);
    const params = {
      value: sayValue(state, source),
      entry,
      axis,
      layout: say([shard]),
      from,
      splitAxis: shard.axis,
    };
    state.diagnostics.push(diagnose(catalog.gatherOtherAxis, params, where));
  }
  const whole = gatherWhole(state, value, output, "gather", origin);
  state.replacements.set(output, whole);
}

/** The whole of a split value on every rank, under a new name; a whole value under a second name. */
export function gatherWhole(state: State, value: string, name: string, purpose: Purpose, origin: Origin): string {
  const [shard] = layoutOf(state, value);
  const { mesh } = state.options;
  if (shard === undefined || splitRanks(state) === 1) {
    const made = addIdentity(state, value, name === value ? `${name}::whole` : name, origin);
    state.layouts.set(made, WHOLE);
    return made;
  }
  const shape = shapeOf(state, value);
  // What a rank computes of an output may itself be made of blocks, which have its name.
  const blocksOf = purpose === "batch gather" ? name : value;
  const [values] = addCollective(
    state,
    { name: `${value}::${purpose}`, collective: "all-gather", group: state.over, purpose, origin },
    [
      {
        send: [value],
        receive: (at) => `${blocksOf}::from${at}`,
        elem: shape.elem,
        dims: (from) => localDims(shape.dims, [shard], mesh, from),
      },
    ],
  );
  const size = (length: Expr, at: number): Expr => localLength(length, shard, mesh, rankAt(state.over, at, 0, mesh));
  const blocks = { ...shard, values: values!, size };
  const assembled = assemble(state, blocks, name, shape.dims, origin);
  declare(state, assembled, shape, WHOLE, value, origin);
  return assembled;
}

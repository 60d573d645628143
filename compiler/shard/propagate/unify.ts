/**
 * @file Unifies the splits of a node's operands: one split per factor, equal segment by segment. Whole operands of a Concat become separate
 * segments.
 */
import type { Binding } from "../../bind/types.ts";
import type { FactorMap } from "../../operators/types.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { splitOfPairs } from "../../diagnostics/catalog/splitting/pairs.ts";
import { diagnose, type Where } from "../../diagnostics/diagnose.ts";
import { equal, show } from "../../expr/expr.ts";
import { segmentsOf } from "./leaves.ts";
import { shardOf, type Split } from "../layout.ts";
import { aboutEntries, at, atSplitOf, originAt, otherAxis, relatedTo, say, sayOrigin, sayValue } from "../origins.ts";
import { shapeOf, type State } from "../state.ts";
import type { Origin } from "../types.ts";

/** An operand axis that is split, expressed in the node's factors. */
export interface Demand {
  readonly operand: number;
  readonly value: string;
  readonly splits: ReadonlyMap<number, Split>;
}

/** One split per factor, or `null` with a diagnostic. */
export function unify(
  state: State,
  node: CanonicalNode,
  demands: readonly Demand[],
  map: FactorMap,
  origin: Origin,
): ReadonlyMap<number, Split> | null {
  const result = new Map<number, Split>();
  const owner = new Map<number, Demand>();
  for (const demand of demands) {
    for (const [factor, split] of demand.splits) {
      const known = result.get(factor);
      if (known === undefined) {
        result.set(factor, split);
        owner.set(factor, demand);
      } else if (!agree(state, node, known, split, owner.get(factor)!, demand, origin)) {
        return null;
      }
    }
  }
  if (!splitOnce(state, node, demands, map)) return null;
  return complete(state, node, map, result);
}

/** Two operands that split different factors leave a result that is split twice, unless these are joined in one axis. */
function splitOnce(state: State, node: CanonicalNode, demands: readonly Demand[], map: FactorMap): boolean {
  const axes = [...map.outputs, ...map.inputs].flatMap((all) => all ?? []).filter((axis) => "joined" in axis);
  const joinedIn = axesOf(axes.map(({ joined }) => joined));
  const joined = (a: number, b: number): boolean =>
    a === b || [...(joinedIn.get(a) ?? [])].some((axis) => joinedIn.get(b)?.has(axis) === true);
  const [first, ...others] = demands;
  const factorOf = (d: Demand): number => [...d.splits.keys()][0]!;
  const other = others.find((d) => !joined(factorOf(first!), factorOf(d)));
  if (first === undefined || other === undefined) return true;
  if (map.factors.every(({ kind }) => kind === "free") && meetsItself(state, node, first, other)) return false;
  conflict(state, node, first, other);
  return false;
}

/** Reports rows and columns that one plan entry made of one tensor, as of the mask of all pairs of tokens. */
function meetsItself(state: State, node: CanonicalNode, first: Demand, second: Demand): boolean {
  const origin = state.origins.get(first.value);
  const spec = origin?.spec ?? null;
  if (spec === null || state.origins.get(second.value)?.spec !== spec) return false;
  const params = { ...at(node), first: sayValue(state, first.value), second: sayValue(state, second.value) };
  const related = relatedTo(originAt(node), "rows meet columns here");
  const where = { ...atSplitOf(state, second.value, related), about: aboutEntries(origin) };
  const found = diagnose(splitOfPairs, { ...params, from: sayOrigin(origin) }, where);
  state.diagnostics.push(found);
  return true;
}

/** By factor, the indices of the axes that join it. */
function axesOf(joined: readonly (readonly number[])[]): ReadonlyMap<number, ReadonlySet<number>> {
  const found = new Map<number, Set<number>>();
  for (const [at, factors] of joined.entries()) {
    for (const factor of factors) found.set(factor, (found.get(factor) ?? new Set()).add(at));
  }
  return found;
}

/** Two operands whose rows are paired must hold the same rows on every rank: keys and values. Reports what differs. */
export function sameRows(
  state: State,
  node: CanonicalNode,
  [first, a]: readonly [string, Split],
  [second, b]: readonly [string, Split],
  origin: Origin,
): boolean {
  const demand = (value: string, split: Split): Demand => ({
    operand: node.inputs.indexOf(value),
    value,
    splits: new Map([[0, split]]),
  });
  return agree(state, node, a, b, demand(first, a), demand(second, b), origin);
}

function agree(
  state: State,
  node: CanonicalNode,
  a: Split,
  b: Split,
  first: Demand,
  second: Demand,
  origin: Origin,
): boolean {
  if (a.segments.length !== b.segments.length) {
    const finer = entryOf(state, (a.segments.length > b.segments.length ? first : second).value);
    if (finer !== undefined) state.tooFine.add(finer);
  }
  if (a.segments.length !== b.segments.length || !equal(a.outer, b.outer) || !equal(a.inner, b.inner)) {
    const coarser =
      a.segments.length === b.segments.length ? null : a.segments.length < b.segments.length ? first : second;
    mismatch(state, node, first, second, coarser);
    return false;
  }
  for (const [i, { length }] of a.segments.entries()) {
    const other = b.segments[i]!.length;
    if (state.assumed.assume(length, other, origin)) continue;
    const where = atSplitOf(
      state,
      second.value,
      relatedTo(state.origins.get(first.value), "the other operand is split here"),
    );
    state.diagnostics.push(
      diagnose(catalog.extentsDiffer, { ...at(node), first: show(length), second: show(other) }, where),
    );
    return false;
  }
  return true;
}

/** The plan entry that gave a value its layout, in the module that it matched. */
function entryOf({ bindings, origins }: State, value: string): Binding | undefined {
  const origin = origins.get(value);
  return bindings.find(({ spec, module }) => spec === origin?.spec && module === origin.module);
}

/** Reports operands along different axes. */
function conflict(state: State, node: CanonicalNode, first: Demand, second: Demand): void {
  // Where one of the two axes is probably a mistake, that entry is the place.
  const isFirst = otherAxis(state, second.value) === null && otherAxis(state, first.value) !== null;
  const [own, rest] = isFirst ? [first, second] : [second, first];
  const params = { ...pairOf(state, node, first, second), other: otherAxis(state, own.value) };
  state.diagnostics.push(diagnose(catalog.splitsDiffer, params, wherePaired(state, own, rest)));
}

/** Reports operands of which ranks hold other rows. A plan entry that splits one as a whole is the place where the other has several segments. */
function mismatch(state: State, node: CanonicalNode, first: Demand, second: Demand, coarser: Demand | null): void {
  const [own, rest] = coarser === first ? [first, second] : [second, first];
  const [spec, other] = [own, rest].map(({ value }) => state.origins.get(value)?.spec ?? null);
  const entry = coarser === null || spec === other ? null : (spec?.origin.pointer ?? null);
  const params = { ...pairOf(state, node, first, second), coarser: entry };
  state.diagnostics.push(diagnose(catalog.segmentsDiffer, params, wherePaired(state, own, rest)));
}

function pairOf(state: State, node: CanonicalNode, first: Demand, second: Demand) {
  const words = (d: Demand): string => {
    const splits = [...d.splits.values()]
      .map((s) => say([shardOf(0, s, state.over)]).replace("axis 0 = ", ""))
      .join(", ");
    return `${sayValue(state, d.value)} (${splits}, by ${sayOrigin(state.origins.get(d.value))})`;
  };
  return { ...at(node), first: words(first), second: words(second) };
}

function wherePaired(state: State, own: Demand, rest: Demand): Where {
  const related = relatedTo(state.origins.get(rest.value), "the other operand is split here");
  const about = aboutEntries(...[own, rest].map(({ value }) => state.origins.get(value)));
  return { ...atSplitOf(state, own.value, related), about };
}

/** If one of the factors joined in an axis is split, all are: a whole operand of a Concat is a separate segment. */
function complete(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  splits: Map<number, Split>,
): ReadonlyMap<number, Split> {
  for (const axis of map.outputs.flat()) {
    if ("product" in axis || !axis.joined.some((p) => splits.has(p))) continue;
    const inner = axis.joined.map((p) => splits.get(p)?.inner).find((x) => x !== undefined) ?? 1;
    for (const factor of axis.joined) {
      if (splits.has(factor)) continue;
      const operand = map.inputs.findIndex((axes) => axes?.some((a) => "product" in a && a.product.includes(factor)));
      const value = node.inputs[operand]!;
      const at = map.inputs[operand]!.findIndex((a) => "product" in a && a.product.includes(factor));
      const segments = equal(inner, 1)
        ? segmentsOf(state, value, at)
        : [{ length: shapeOf(state, value).dims[at]!, origin: value }];
      splits.set(factor, { outer: 1, segments, inner: 1 });
    }
  }
  return splits;
}

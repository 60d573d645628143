/**
 * @file The factors of the batch of each attention, followed back through the factor maps to the axes of the model's inputs. Decides
 * nothing. Uses rules, knows no operator besides attention.
 */
import { groupBy } from "../../group.ts";
import { cpOf } from "../../ir/cp.ts";
import type { FactorMap } from "../../operators/types.ts";
import { embed, extentOf, locate, type Split } from "../layout.ts";
import { makerOf } from "../propagate/leaves.ts";
import { shapeOf, type State } from "../state.ts";
import { BATCH } from "../attention/operands.ts";

/** An axis of an input that has a factor: alone, or among others. */
export interface BatchAxis {
  readonly input: string;
  readonly axis: number;
  readonly split: Split;
}

/** One factor as the input axes that have it, in the order of the inputs. The same factor is the same object. */
export type BatchFactor = readonly BatchAxis[];

/** An axis of a value, with the part of it that is followed. */
interface Place {
  readonly value: string;
  readonly axis: number;
  readonly split: Split;
}

export function wholeAxis(state: State, value: string, axis: number): Split {
  return { outer: 1, segments: [{ length: shapeOf(state, value).dims[axis]!, origin: value }], inner: 1 };
}

/** For each attention that has a batch its factors, outer ones first, as far as they come from inputs. */
export function batchFactors(state: State): readonly (readonly BatchFactor[])[] {
  const inputs = new Map(state.graph.inputs.map(({ name }, at) => [name, at]));
  const found = new Map<string, BatchAxis>();
  const parents: Parents = new Map();
  const divided: (readonly [string, string])[] = [];
  const sites = sitesOf(state);
  const pending = [...sites];
  const seen = new Set<string>();
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const key = keyOf(place);
    if (seen.has(key)) continue;
    seen.add(key);
    const { value, axis, split } = place;
    if (inputs.has(value)) found.set(key, { input: value, axis, split: namedAfter(split, value) });
    const { same, factors } = behind(state, place);
    for (const next of same) join(parents, key, keyOf(next));
    for (const [first, ...others] of factors) {
      if (first === undefined) continue;
      divided.push([key, keyOf(first)]);
      for (const other of others) join(parents, keyOf(first), keyOf(other));
    }
    pending.push(...same, ...factors.flat());
  }
  const order = [...found].sort(([, a], [, b]) => inputs.get(a.input)! - inputs.get(b.input)! || a.axis - b.axis);
  const axes = new Map<string, BatchFactor>(
    [...groupBy(order, ([key]) => rootOf(parents, key))].map(([root, all]) => [root, all.map(([, axis]) => axis)]),
  );
  const parts = groupBy(divided, ([key]) => rootOf(parents, key));
  return sites.map((site) => collect(rootOf(parents, keyOf(site)), parents, axes, parts, new Set()));
}

/** The batch of the result of every attention that has one. */
function sitesOf(state: State): readonly Place[] {
  return state.graph.nodes.flatMap((node): readonly Place[] => {
    const attention = cpOf(node);
    if (attention?.op !== "Attention" || shapeOf(state, attention.result).dims[BATCH] === 1) return [];
    return [{ value: attention.result, axis: BATCH, split: wholeAxis(state, attention.result, BATCH) }];
  });
}

/** The operand axes of the producer that have the followed part, or those of each factor that it divides into. */
interface Behind {
  readonly same: readonly Place[];
  readonly factors: readonly (readonly Place[])[];
}

function behind(state: State, { value, axis, split }: Place): Behind {
  const made = makerOf(state, value);
  const output = made?.map.outputs[made.node.outputs.indexOf(value)]?.[axis];
  if (made === null || output === undefined || "joined" in output) return { same: [], factors: [] };
  const { node, map } = made;
  const located = locate(output, split, map.factors);
  if (located !== null) return { same: placesOf(node.inputs, map, located), factors: [] };
  const wholes = output.product.map((factor): ReadonlyMap<number, Split> => {
    const segments = [{ length: map.factors[factor]!.size, origin: value }];
    return new Map([[factor, { outer: 1, segments, inner: 1 }]]);
  });
  return { same: [], factors: wholes.map((whole) => placesOf(node.inputs, map, whole)) };
}

/** Where the operands have a free factor. */
function placesOf(operands: readonly string[], map: FactorMap, splits: ReadonlyMap<number, Split>): readonly Place[] {
  const [factor] = splits.keys();
  if (factor === undefined || map.factors[factor]!.kind !== "free") return [];
  return map.inputs.flatMap((axes, operand) =>
    (axes ?? []).flatMap((axis, at): readonly Place[] => {
      if ("joined" in axis || !axis.product.includes(factor)) return [];
      const split = embed(axis, splits, map.factors);
      return split ? [{ value: operands[operand]!, axis: at, split }] : [];
    }),
  );
}

function namedAfter(split: Split, origin: string): Split {
  return { ...split, segments: split.segments.map(({ length }) => ({ length, origin })) };
}

function keyOf({ value, axis, split }: Place): string {
  return JSON.stringify([value, axis, split.outer, extentOf({ ...split, outer: 1, inner: 1 })]);
}

/** The factors of a set of places, and of the parts into which they divide, each once. */
function collect(
  root: string,
  parents: Parents,
  axes: ReadonlyMap<string, BatchFactor>,
  parts: ReadonlyMap<string, readonly (readonly [string, string])[]>,
  seen: Set<string>,
): readonly BatchFactor[] {
  if (seen.has(root)) return [];
  seen.add(root);
  const own = axes.get(root);
  const inner = (parts.get(root) ?? []).flatMap(([, part]) =>
    collect(rootOf(parents, part), parents, axes, parts, seen),
  );
  return own === undefined ? inner : [own, ...inner];
}

/** Sets of keys that are joined pairwise: a key to another one of its set; the last has no entry. */
type Parents = Map<string, string>;

function rootOf(parents: Parents, key: string): string {
  let root = key;
  for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
  if (root !== key) parents.set(key, root);
  return root;
}

function join(parents: Parents, a: string, b: string): void {
  const [one, other] = [rootOf(parents, a), rootOf(parents, b)];
  if (one !== other) parents.set(other, one);
}

/**
 * @file Which axis of the operands of an attention is batch, head, query, key and width, from the labels of its two products and the
 * views between them.
 */
import type { Expr } from "../../../expr/expr.ts";
import { headsLast } from "./heads.ts";
import type { Scores, Weights } from "./trace.ts";
import type { Labelled } from "./contraction.ts";
import { dimsOf, type Lookup } from "../lookup.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { extentOf, flat, sameFactors, viewOf, type AxisFactors, type View } from "../views/views.ts";

/** An operand and the order of its axes that makes them (batch axes, rows, width). */
export interface Role {
  readonly value: string;
  readonly perm: readonly number[];
}

/** The scores as a view of the product where a mask is applied, with the product's axes that they consist of. */
export interface ScoreAxes {
  readonly view: View;
  readonly batch: readonly AxisFactors[];
  readonly query: AxisFactors;
  readonly key: AxisFactors;
}

export interface Axes {
  readonly query: Role;
  readonly key: Role;
  readonly value: Role;
  /** Extents of the batch axes of the scores, and of the weights as the product with the values reads them. */
  readonly scoreBatch: readonly Expr[];
  readonly valueBatch: readonly Expr[];
  /** Factors of the batch axes of the scores, after all views. */
  readonly batchFactors: AxisFactors;
  /** The result's axis i is axis `outPerm[i]` of (batch axes, queries, width). */
  readonly outPerm: readonly number[];
  /** In the order of the steps; only for masks. */
  readonly masked: readonly ScoreAxes[];
}

/** Whether the batch axes are in the order of the product, or in another one that has the heads last. */
export type BatchOrder = "as they are" | "heads last";

/** Axes of an attention, or why the two products do not form one. */
export function axesOf(lookup: Lookup, scores: Scores, weights: Weights, order: BatchOrder): Axes | Refusal {
  const { product } = scores;
  const { labels } = product.out;
  const { atSoftmax, atMasks } = pushScores(lookup, scores);
  if (atSoftmax === null) return refuse("a Reshape of the scores cannot be mapped to axes");
  const normalised = flat([atSoftmax.axes.at(-1) ?? []]);
  const isKey = (label: string): boolean => sameFactors(normalised, flat([atSoftmax.base[labels.indexOf(label)]!]));
  const keyLabel = [product.freeRight, product.freeLeft].find(isKey);
  if (keyLabel === undefined) return refuse("the Softmax does not run along an axis of one operand alone");
  const queryLabel = keyLabel === product.freeRight ? product.freeLeft : product.freeRight;
  const [query, key] = keyLabel === product.freeRight ? [product.left, product.right] : [product.right, product.left];
  const batch = order === "heads last" ? headsLast(lookup, product.batch, query, queryLabel) : product.batch;
  const pick = (view: View): ScoreAxes => ({
    view,
    batch: batch.map((l) => view.base[labels.indexOf(l)]!),
    query: view.base[labels.indexOf(queryLabel)]!,
    key: view.base[labels.indexOf(keyLabel)]!,
  });
  const final = weights.links.reduce<View | null>((v, link) => v && link.push(v), atSoftmax);
  if (final === null) return refuse("a Reshape of the probabilities cannot be mapped to axes");
  const below = belowAxes(weights, pick(final));
  if ("refused" in below) return below;
  return {
    query: roleOf(query, [...batch, queryLabel, product.summed]),
    key: roleOf(key, [...batch, keyLabel, product.summed]),
    scoreBatch: extentsOf(lookup, product.out, batch),
    masked: atMasks.map(pick),
    batchFactors: flat(pick(final).batch),
    ...below,
  };
}

function pushScores(
  lookup: Lookup,
  { product, steps }: Scores,
): { readonly atSoftmax: View | null; readonly atMasks: readonly View[] } {
  const atMasks: View[] = [];
  let view: View | null = viewOf(dimsOf(lookup, product.out.value));
  for (const step of steps) {
    if (step.kind === "link") view = view === null ? null : step.link.push(view);
    else if (step.kind === "mask" && view !== null) atMasks.push(view);
  }
  return { atSoftmax: view, atMasks };
}

/** Roles in the product of weights and values: it must sum over all keys and keep the queries and the batch. */
function belowAxes(
  { product, value }: Weights,
  { view, batch, query, key }: ScoreAxes,
): Pick<Axes, "value" | "valueBatch" | "outPerm"> | Refusal {
  const onLeft = product.left.value === value;
  const [probabilities, values] = onLeft ? [product.left, product.right] : [product.right, product.left];
  const [rows, width] = onLeft ? [product.freeLeft, product.freeRight] : [product.freeRight, product.freeLeft];
  const axis = (label: string): AxisFactors => flat([view.axes[probabilities.labels.indexOf(label)] ?? []]);
  if (!sameFactors(axis(product.summed), flat([key])))
    return refuse("the product with the values does not contract the axis of the Softmax");
  if (!sameFactors(axis(rows), flat([query]))) return refuse("the product with the values does not keep the queries");
  const order = flat(batch).map((f) => f.key);
  const at = (label: string): number => order.indexOf(axis(label)[0]?.key ?? order[0] ?? "");
  const sorted = [...probabilities.labels].filter((l) => product.batch.includes(l)).sort((a, b) => at(a) - at(b));
  if (!sameFactors(sorted.flatMap(axis), flat(batch)))
    return refuse("the product with the values mixes the batch axes");
  const canonical = [...sorted, rows, width];
  return {
    value: roleOf(values, [...sorted, product.summed, width]),
    // Named as in the scores: a mask may have brought other names.
    valueBatch: sorted.map((label) => extentOf(view.axes[probabilities.labels.indexOf(label)]!)),
    outPerm: product.out.labels.map((l) => canonical.indexOf(l)),
  };
}

function roleOf({ value, labels }: Labelled, order: readonly string[]): Role {
  return { value, perm: order.map((l) => labels.indexOf(l)) };
}

function extentsOf(lookup: Lookup, { value, labels }: Labelled, wanted: readonly string[]): readonly Expr[] {
  const dims = dimsOf(lookup, value);
  return wanted.map((l) => dims[labels.indexOf(l)]!);
}

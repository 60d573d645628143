/**
 * @file Attention written as product, Softmax, product: from the matched nodes to the replacement.
 */
import { commonModule } from "../../../ir/module-paths.ts";
import type { Expr } from "../../../expr/expr.ts";
import { numberAttribute } from "../../../graph/attributes.ts";
import { FILL_AT, ZERO_HIDDEN, type CanonicalNode } from "../../../ir/types.ts";
import { stepsOf } from "../views/arrange.ts";
import { axesOf, type Axes, type Role } from "./axes.ts";
import { addAttention, type AttentionForm } from "./build.ts";
import { combined, type Combined, type MaskStep } from "./combine.ts";
import { maskExtents } from "./mask.ts";
import {
  bring,
  commonHeads,
  lastIsHeads,
  separated,
  splitBatch,
  SWAP,
  toHeads,
  type Batch,
  type Operand,
} from "./operands.ts";
import { scoresAbove, sharedScore, weightsBelow, type Scores, type ScoreStep, type Weights } from "./trace.ts";
import { bakedLength } from "./baked.ts";
import { draft, type Patch } from "../draft.ts";
import { dimsOf, elemOf, feedsOnly, isOp, type Lookup } from "../lookup.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { permute, regroup, sameExtents, viewOf } from "../views/views.ts";

/** A Softmax between two products: an attention, if its axes can be determined. */
interface Candidate {
  readonly softmax: CanonicalNode;
  readonly scores: Scores;
  readonly weights: Weights;
  readonly axes: Axes;
  /** From the first mask on. */
  readonly after: readonly ScoreStep[];
}

/** The replacement of the product with the values; `null` for a Softmax that is not between two products. */
export function fuseSoftmax(lookup: Lookup, softmax: CanonicalNode): Patch | Refusal | null {
  const { first, input, result } = spanOf(lookup, softmax);
  const weights = weightsBelow(lookup, result);
  const readings = weights === null ? [] : scoresAbove(lookup, input);
  if (weights === null || readings.length === 0) return null;
  if (isRefusal(weights)) return weights;
  const axis = numberAttribute(softmax.attributes, "axis", -1);
  if (axis !== -1 && axis !== dimsOf(lookup, input).length - 1)
    return refuse("the Softmax does not run over the last axis");
  const outcome = firstThatFits(readings, (scores) => fuseReading(lookup, { softmax, first }, scores, weights));
  return isRefusal(outcome) ? (lostLength(lookup, readings[0]!, weights) ?? outcome) : outcome;
}

interface Span {
  readonly first: CanonicalNode;
  readonly input: string;
  readonly result: string;
}

/** A Softmax of half precision that is computed in float32, as kernels do anyway: from the cast before it to the cast after it. */
function spanOf(lookup: Lookup, softmax: CanonicalNode): Span {
  const [input = ""] = softmax.inputs;
  const [result = ""] = softmax.outputs;
  const alone: Span = { first: softmax, input, result };
  const [before, [after, ...others]] = [lookup.producer(input), lookup.users(result)];
  if (!isOp(before, "Cast") || !isOp(after, "Cast") || others.length > 0 || lookup.isKept(result)) return alone;
  const [from = "", to = ""] = [before.inputs[0], after.outputs[0]];
  const half = elemOf(lookup, from);
  const isWidened = (half === "float16" || half === "bfloat16") && elemOf(lookup, input) === "float32";
  if (!isWidened || elemOf(lookup, to) !== half || !feedsOnly(lookup, input, softmax)) return alone;
  return { first: before, input: from, result: to };
}

/** A more specific reason than mismatched axes: an operand's extents are not known. */
function lostLength(lookup: Lookup, scores: Scores, weights: Weights): Refusal | null {
  const operands = [scores.product, weights.product].flatMap(({ left, right }) => [left.value, right.value]);
  return operands.map((value) => bakedLength(lookup, value)).find((reason) => reason !== null) ?? null;
}

/** The first outcome that is no refusal, else the first refusal. */
function firstThatFits<T>(choices: readonly T[], attempt: (choice: T) => Patch | Refusal): Patch | Refusal {
  let first: Refusal | null = null;
  for (const choice of choices) {
    const outcome = attempt(choice);
    if (!isRefusal(outcome)) return outcome;
    first ??= outcome;
  }
  return first ?? refuse("its operands match no attention pattern");
}

function fuseReading(
  lookup: Lookup,
  { softmax, first }: Pick<Span, "first"> & Pick<Candidate, "softmax">,
  scores: Scores,
  weights: Weights,
): Patch | Refusal {
  const shared = sharedScore(lookup, scores, first);
  if (shared !== null) return refuse(`the scores ${shared} are also read elsewhere`);
  const masked = scores.steps.findIndex((s) => s.kind === "mask");
  const after = masked < 0 ? [] : scores.steps.slice(masked);
  const caps = scores.steps.filter((s) => s.kind === "tanh");
  if (caps.length > 1 || after.some((s) => s.kind === "tanh"))
    return refuse("the scores are capped after the mask, or twice");
  return firstThatFits(["heads last", "as they are"] as const, (order) => {
    const axes = axesOf(lookup, scores, weights, order);
    if (isRefusal(axes)) return axes;
    if (!sameExtents(batchOf(lookup, axes.query), axes.scoreBatch))
      return refuse("the queries are broadcast over the batch");
    const candidate: Candidate = { softmax, scores, weights, axes, after };
    return firstThatFits(batches(lookup, axes), (batch) => build(lookup, candidate, batch));
  });
}

/** The factor by which the scales among the steps multiply a score. */
function scaleOf(steps: readonly ScoreStep[]): number {
  return steps.reduce((scale, s) => (s.kind === "link" ? scale * s.link.scale : scale), 1);
}

/** b tanh(a x) is softcap tanh(scale x / softcap) with softcap = b, scale = a b; without a tanh the scale alone. */
function scaling({ steps }: Scores): Pick<AttentionForm, "scale" | "softcap"> {
  const cap = steps.findIndex((s) => s.kind === "tanh");
  return { scale: scaleOf(steps), softcap: cap < 0 ? 0 : scaleOf(steps.slice(cap)) };
}

/** How the batch axes may be read as batch and heads, best first. One head is always exact. */
function batches(lookup: Lookup, { scoreBatch, batchFactors, query, key, value }: Axes): readonly Batch[] {
  if (scoreBatch.length !== 1) return [lastIsHeads(scoreBatch)];
  const found = separated(batchFactors) ?? splitBatch(lookup, [query, value, key]);
  const single: Batch = [scoreBatch[0]!, 1];
  return found === null ? [single] : [found, single];
}

function build(lookup: Lookup, candidate: Candidate, batch: Batch): Patch | Refusal {
  const { softmax, scores, weights, axes } = candidate;
  const operands = operandsOf(lookup, candidate, batch);
  if (isRefusal(operands)) return operands;
  const mask = maskOf(lookup, candidate, batch);
  if (mask !== null && isRefusal(mask)) return mask;
  const [rows, width] = [
    dimsOf(lookup, axes.query.value)[axes.query.perm.at(-2)!]!,
    dimsOf(lookup, axes.value.value)[axes.value.perm.at(-1)!]!,
  ];
  const whole = regroup(permute(viewOf([batch[0], rows, batch[1], width]), SWAP), [...axes.valueBatch, rows, width]);
  const outSteps = whole && stepsOf(permute(whole, axes.outPerm));
  if (outSteps === null) return refuse("its result cannot be written from (B, S, H, D)");
  const form: AttentionForm = {
    ...operands,
    addMask: mask?.add ?? null,
    ...scaling(scores),
    nanToZero: weights.nanToZero,
    causal: false,
    fill: mask?.fill ?? -Infinity,
    fillAt: mask?.fillAt ?? FILL_AT.score,
    zeroHidden: ZERO_HIDDEN.never,
    outSteps,
  };
  const scopes = [scores.product.node, softmax, weights.product.node].map((n) => n.scope);
  const d = draft(lookup, softmax.name, commonModule(scopes));
  addAttention(lookup, d, form, weights.product.out.value);
  return d.replace(weights.product.node);
}

/** The masks as one, as `cp.Attention` takes it; `null` where there is none. */
function maskOf(lookup: Lookup, { scores, axes, after }: Candidate, batch: Batch): Combined | Refusal | null {
  const steps: MaskStep[] = [];
  let masks = 0;
  for (const step of after) {
    if (step.kind === "link" && step.link.scale !== 1) steps.push({ mask: null, factor: step.link.scale });
    if (step.kind !== "mask") continue;
    const extents = maskExtents(dimsOf(lookup, step.mask.value), axes.masked[masks]!, batch);
    if (extents === null) return refuse("its mask does not broadcast to (B, H, Sq, Sk)");
    steps.push({ mask: step.mask, extents });
    masks += 1;
  }
  return masks === 0 ? null : combined(lookup, steps, elemOf(lookup, scores.product.out.value));
}

function operandsOf(
  lookup: Lookup,
  { scores, weights, axes }: Candidate,
  batch: Batch,
): Pick<AttentionForm, "q" | "k" | "v"> | Refusal {
  const readers = { above: scores.product.node, below: weights.product.node };
  const keyTarget = headsTarget(lookup, axes.key, axes.scoreBatch, batch);
  const valueTarget = headsTarget(lookup, axes.value, axes.valueBatch, batch);
  const queryTarget = headsTarget(lookup, axes.query, axes.scoreBatch, batch);
  if (queryTarget === null || keyTarget === null || valueTarget === null)
    return refuse("keys or values are broadcast over the batch");
  const fetch = (
    role: Role,
    dims: readonly Expr[],
    reader: CanonicalNode,
    scales: boolean,
    groups: boolean,
  ): Operand | null => bring(lookup, { value: role.value, reader, toHeads: toHeads(role.perm, dims), scales, groups });
  const q = fetch(axes.query, queryTarget, readers.above, true, false);
  const pair = commonHeads(batch[1], (groups) => ({
    k: fetch(axes.key, keyTarget, readers.above, true, groups),
    v: fetch(axes.value, valueTarget, readers.below, false, groups),
  }));
  return q === null || pair === null
    ? refuse("queries, keys and values have no common (B, S, H, D) form")
    : { q, ...pair };
}

/** (B, H, S, D) of an operand; with one head where it is broadcast over the heads. `null` where it is broadcast otherwise. */
function headsTarget(lookup: Lookup, role: Role, expected: readonly Expr[], [b, h]: Batch): readonly Expr[] | null {
  const dims = dimsOf(lookup, role.value);
  const [rows, width] = role.perm.slice(-2).map((p) => dims[p]!);
  const own = batchOf(lookup, role);
  if (sameExtents(own, expected)) return [b, h, rows!, width!];
  const shared = own.length > 1 && own.at(-1) === 1 && sameExtents(own.slice(0, -1), expected.slice(0, -1));
  return shared ? [b, 1, rows!, width!] : null;
}

function batchOf(lookup: Lookup, { value, perm }: Role): readonly Expr[] {
  const dims = dimsOf(lookup, value);
  return perm.slice(0, -2).map((p) => dims[p]!);
}

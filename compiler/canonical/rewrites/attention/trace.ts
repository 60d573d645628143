/**
 * @file Follows the graph from a Softmax up to the product of queries and keys, and down to the product with the values. Returns the nodes
 * in between; does not judge whether the axes match.
 */
import type { CanonicalNode } from "../../../ir/types.ts";
import { contractionOf, type Contraction } from "./contraction.ts";
import { linkAbove, type Link } from "../views/links.ts";
import { dimsOf, feedsOnly, isOp, scalarOf, type Lookup } from "../lookup.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { canBeEqual } from "../views/views.ts";

/** `additive`: added to the scores, or `negated` and added. `boolean`: where it is not `attend`, `fill` replaces the score. */
export type Mask =
  | { readonly kind: "additive"; readonly value: string; readonly negated: boolean }
  | { readonly kind: "boolean"; readonly value: string; readonly attend: boolean; readonly fill: number };

/** One node between the product and the Softmax. */
export type ScoreStep =
  | { readonly kind: "link"; readonly node: CanonicalNode; readonly link: Link }
  | { readonly kind: "mask"; readonly node: CanonicalNode; readonly mask: Mask }
  | { readonly kind: "tanh"; readonly node: CanonicalNode };

export interface Scores {
  readonly product: Contraction;
  /** In the order in which they run. */
  readonly steps: readonly ScoreStep[];
}

export interface Weights {
  readonly links: readonly Link[];
  readonly nanToZero: boolean;
  readonly product: Contraction;
  /** The operand of `product` that holds the weights. */
  readonly value: string;
}

/** A score filled with less than this is as good as hidden: adding any real score to the fill does not change it. */
export const NEVER = -1e30;

/** More than any model has: each can be read in two ways. */
const MASKS = 6;

/** All ways to read `value` as scores: the product of two values, scaled, viewed and masked. Passes at most `masks` masks. */
export function scoresAbove(lookup: Lookup, value: string, masks: number = MASKS): readonly Scores[] {
  const node = lookup.producer(value);
  const product = contractionOf(lookup, node);
  if (product !== null) return [{ product, steps: [] }];
  const link = linkAbove(lookup, value);
  if (link !== null) {
    const readings = scoresAbove(lookup, link.source, masks);
    return readings.map((s) => then(s, { kind: "link", node: link.node, link }));
  }
  if (isOp(node, "Tanh"))
    return scoresAbove(lookup, node.inputs[0]!, masks).map((s) => then(s, { kind: "tanh", node }));
  if (node === undefined || masks === 0) return [];
  return masksOf(lookup, node).flatMap(([source, mask]) =>
    scoresAbove(lookup, source, masks - 1).map((s) => then(s, { kind: "mask", node, mask })),
  );
}

function then({ product, steps }: Scores, step: ScoreStep): Scores {
  return { product, steps: [...steps, step] };
}

/** Pairs of (scores, mask) that a node may combine. Neither may widen the scores. */
function masksOf(lookup: Lookup, node: CanonicalNode): readonly (readonly [string, Mask])[] {
  const [a = "", b = "", c = ""] = node.inputs;
  if (isOp(node, "Add")) {
    const pairs = [
      [a, { kind: "additive", value: b, negated: false }],
      [b, { kind: "additive", value: a, negated: false }],
    ] as const;
    return pairs.filter(([scores]) => keepsShape(lookup, scores, node));
  }
  if (isOp(node, "Sub")) return keepsShape(lookup, a, node) ? [[a, { kind: "additive", value: b, negated: true }]] : [];
  if (!isOp(node, "Where")) return [];
  const pairs = [
    [b, c, true],
    [c, b, false],
  ] as const;
  return pairs.flatMap(([scores, filling, attend]): readonly (readonly [string, Mask])[] => {
    const fill = scalarOf(lookup, filling);
    if (fill === null || fill > NEVER || !keepsShape(lookup, scores, node)) return [];
    return [[scores, { kind: "boolean", value: a, attend, fill }]];
  });
}

/** The result may have the other operand's name for an extent that both have. */
function keepsShape(lookup: Lookup, operand: string, node: CanonicalNode): boolean {
  const [from, to] = [dimsOf(lookup, operand), dimsOf(lookup, node.outputs[0]!)];
  return from.length === to.length && from.every((d, i) => canBeEqual(d, to[i]!));
}

/** From the result of the Softmax down to the product with the values; `null` where there is none. */
export function weightsBelow(lookup: Lookup, result: string): Weights | Refusal | null {
  const links: Link[] = [];
  let value = result;
  let nanToZero = false;
  for (;;) {
    const guard = nanGuard(lookup, value);
    if (guard !== null) {
      nanToZero = true;
      value = guard.outputs[0]!;
    }
    const users = lookup.users(value);
    const product = users.map((user) => contractionOf(lookup, user)).find((p) => p !== null);
    if (product !== undefined) {
      if (!feedsOnly(lookup, value, product.node)) return refuse("its probabilities are also read elsewhere");
      if (product.left.value === product.right.value) return null;
      return { links, nanToZero, product, value };
    }
    const [user] = users;
    const link = user === undefined ? null : linkAbove(lookup, user.outputs[0]!);
    if (link === null || link.source !== value || link.scale !== 1 || !feedsOnly(lookup, value, link.node)) return null;
    links.push(link);
    value = link.result;
  }
}

/** `Where(IsNaN(p), 0, p)`. */
function nanGuard(lookup: Lookup, value: string): CanonicalNode | null {
  const users = lookup.users(value);
  const test = users.find((u) => isOp(u, "IsNaN"));
  const guard = users.find((u) => isOp(u, "Where"));
  if (users.length !== 2 || test === undefined || guard === undefined || lookup.isKept(value)) return null;
  const [condition = "", zero = "", otherwise] = guard.inputs;
  const fits = condition === test.outputs[0] && scalarOf(lookup, zero) === 0 && otherwise === value;
  return fits && feedsOnly(lookup, condition, guard) && keepsShape(lookup, value, guard) ? guard : null;
}

/** The value between the product and `reader`, the Softmax or the cast before it, that another node reads too, if any. */
export function sharedScore(lookup: Lookup, { product, steps }: Scores, reader: CanonicalNode): string | null {
  const nodes = [product.node, ...steps.map((s) => s.node), reader];
  const shared = nodes.slice(0, -1).find((node, i) => !feedsOnly(lookup, node.outputs[0]!, nodes[i + 1]!));
  return shared?.outputs[0] ?? null;
}

/**
 * @file The operators of the `cp` domain as one union: operands, results and attributes of each, and their encoding as a node. No other
 * file reads their attributes. `types.ts` defines what they compute.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { int, numberAttribute } from "../graph/attributes.ts";
import { elemCode, elemOfCode } from "../graph/elements.ts";
import type { Attributes, ElemType, Tensor } from "../graph/types.ts";
import { CP, FILL_AT, ZERO_HIDDEN, type CanonicalNode } from "./types.ts";

/** The result of attention over some keys, by value names. */
export interface Part {
  readonly out: string;
  readonly max: string;
  readonly sum: string;
}

interface Of<Op extends string> {
  readonly op: Op;
  readonly node: CanonicalNode;
}

/** What an attention and a part of one have in common. */
export interface Attending {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly mask: string | null;
  readonly scale: number;
  /** 0 where scores are not capped. */
  readonly softcap: number;
  readonly causal: boolean;
  readonly nanToZero: boolean;
  /** The score of a key hidden by a boolean mask or the causal pattern, and where it is applied; see `FILL_AT`. */
  readonly fill: number;
  readonly fillAt: number;
  /** See `ZERO_HIDDEN`. */
  readonly zeroHidden: number;
}

export interface AttentionOperation extends Of<"Attention">, Attending {
  readonly result: string;
}

export interface AttentionPartOperation extends Of<"AttentionPart">, Attending {
  readonly fp32: boolean;
  readonly mayBeEmpty: boolean;
  readonly result: Part;
}

export interface AttentionMergeOperation extends Of<"AttentionMerge"> {
  readonly parts: readonly [Part, Part];
  readonly result: Part;
}

export interface AttentionFinishOperation extends Of<"AttentionFinish"> {
  readonly part: Part;
  /** Over all keys, with the causal pattern; present for `zeroHidden` by the mask. */
  readonly mask: string | null;
  readonly nanToZero: boolean;
  readonly zeroHidden: number;
  /** Element type of the result; `null` where it is that of the part. */
  readonly elem: ElemType | null;
  readonly result: string;
}

export interface FillOperation extends Of<"Fill"> {
  /** The integers operand that gives the shape. */
  readonly shape: string;
  /** One element. */
  readonly value: Tensor;
  readonly result: string;
}

/** A split or a gather from the plan, inserted by binding. */
export interface PlannedOperation<Op extends "Shard" | "Gather" = "Shard" | "Gather"> extends Of<Op> {
  readonly value: string;
  readonly result: string;
  readonly axis: number;
  /** Index into the bindings of the plan. */
  readonly binding: number;
}

export type CpOperation =
  | AttentionOperation
  | AttentionPartOperation
  | AttentionMergeOperation
  | AttentionFinishOperation
  | FillOperation
  | PlannedOperation<"Shard">
  | PlannedOperation<"Gather">;

export type CpOp = CpOperation["op"];
export type CpOperationOf<Op extends CpOp> = Extract<CpOperation, { readonly op: Op }>;

const READ: { readonly [Op in CpOp]: (node: CanonicalNode) => CpOperationOf<Op> } = {
  Attention: (node) => ({ op: "Attention", node, ...attending(node), result: node.outputs[0]! }),
  AttentionPart: (node) => ({
    op: "AttentionPart",
    node,
    ...attending(node),
    fp32: flag(node, "fp32"),
    mayBeEmpty: flag(node, "may_be_empty"),
    result: partOf(node.outputs),
  }),
  AttentionMerge: (node) => ({
    op: "AttentionMerge",
    node,
    parts: [partOf(node.inputs), partOf(node.inputs.slice(3))],
    result: partOf(node.outputs),
  }),
  AttentionFinish: (node) => ({
    op: "AttentionFinish",
    node,
    part: partOf(node.inputs),
    mask: node.inputs[3] ?? null,
    nanToZero: flag(node, "nan_to_zero"),
    zeroHidden: numberAttribute(node.attributes, "zero_hidden", ZERO_HIDDEN.never),
    elem: elemOfCode(numberAttribute(node.attributes, "like", 0)) ?? null,
    result: node.outputs[0]!,
  }),
  Fill: (node) => ({ op: "Fill", node, shape: node.inputs[0]!, value: valueOf(node), result: node.outputs[0]! }),
  Shard: (node) => planned("Shard", node),
  Gather: (node) => planned("Gather", node),
};

/** The operation of a node; `null` for an operator of another domain. */
export function cpOf(node: CanonicalNode): CpOperation | null {
  if (node.domain !== CP) return null;
  invariant(Object.hasOwn(READ, node.op), `no operator ${CP}.${node.op}`);
  return READ[node.op as CpOp](node);
}

/** The same, if it has the given kind. */
export function asCp<Op extends CpOp>(node: CanonicalNode | undefined, op: Op): CpOperationOf<Op> | null {
  return node?.domain === CP && node.op === op ? READ[op](node) : null;
}

function attending(node: CanonicalNode): Attending {
  const [q = "", k = "", v = "", mask = ""] = node.inputs;
  return {
    q,
    k,
    v,
    mask: mask === "" ? null : mask,
    scale: numberAttribute(node.attributes, "scale", 1),
    softcap: numberAttribute(node.attributes, "softcap", 0),
    causal: flag(node, "causal"),
    nanToZero: flag(node, "nan_to_zero"),
    ...attentionFill(node),
    zeroHidden: numberAttribute(node.attributes, "zero_hidden", ZERO_HIDDEN.never),
  };
}

/** The score of hidden keys of an attention, or of a part of one. */
export function attentionFill({ attributes }: CanonicalNode): Pick<Attending, "fill" | "fillAt"> {
  return {
    fill: numberAttribute(attributes, "fill", -Infinity),
    fillAt: numberAttribute(attributes, "fill_at", FILL_AT.score),
  };
}

function partOf([out = "", max = "", sum = ""]: readonly string[]): Part {
  return { out, max, sum };
}

function planned<Op extends "Shard" | "Gather">(op: Op, node: CanonicalNode): PlannedOperation<Op> {
  const number = (name: string): number => numberAttribute(node.attributes, name, 0);
  return {
    op,
    node,
    value: node.inputs[0]!,
    result: node.outputs[0]!,
    axis: number("axis"),
    binding: number("binding"),
  };
}

function valueOf({ name, attributes: { value } }: CanonicalNode): Tensor {
  invariant(value?.kind === "tensor", `${name} has no value`);
  return value.value;
}

function flag({ attributes }: CanonicalNode, name: string): boolean {
  return numberAttribute(attributes, name, 0) !== 0;
}

/** Attributes of a `Shard` or a `Gather`. */
export function plannedAttributes(axis: number, binding: number): Attributes {
  return { axis: int(axis), binding: int(binding) };
}

export function fillAttributes(value: Tensor): Attributes {
  return { value: { kind: "tensor", value } };
}

/** Those of an attention whose causal pattern is in its mask. */
export function withoutCausalAttributes(attributes: Attributes): Attributes {
  return { ...attributes, causal: int(0) };
}

/** Those of an attention part: without the causal pattern, which is in the mask of the part. */
export function partAttributes(attention: Attributes, fp32: boolean, mayBeEmpty: boolean): Attributes {
  return { ...withoutCausalAttributes(attention), fp32: int(fp32 ? 1 : 0), may_be_empty: int(mayBeEmpty ? 1 : 0) };
}

/** Those of the end of a merge, with the element type of the result. */
export function finishAttributes(attention: Attributes, elem: ElemType): Attributes {
  const { zero_hidden: hidden } = attention;
  return {
    ...(hidden === undefined ? {} : { zero_hidden: hidden }),
    nan_to_zero: attention["nan_to_zero"] ?? int(0),
    like: int(elemCode(elem)),
  };
}

/**
 * @file Attention written as one operator: `Attention` of ONNX, and `MultiHeadAttention` and `GroupQueryAttention` of onnxruntime.
 */
import { equal, exactDiv, mul, type Expr } from "../../../expr/expr.ts";
import { int, numberAttribute } from "../../../graph/attributes.ts";
import { elemCode, lowestOf } from "../../../graph/elements.ts";
import { tensorFromNumbers } from "../../../graph/tensors.ts";
import type { ElemType } from "../../../graph/types.ts";
import { FILL_AT, ZERO_HIDDEN, type CanonicalNode } from "../../../ir/types.ts";
import { addSteps, stepsOf } from "../views/arrange.ts";
import { addAttention, type AttentionForm } from "./build.ts";
import { bring, commonHeads, SWAP, type Operand, type Request } from "./operands.ts";
import { draft, type Draft, type Patch } from "../draft.ts";
import { dimsOf, elemOf, type Lookup } from "../lookup.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { whyNot } from "../unfuse/attention.ts";
import { whyNotGrouped } from "../unfuse/cached/grouped.ts";
import { readsMore } from "../unpack.ts";
import { canBeEqual, permute, regroup, viewOf, type View } from "../views/views.ts";

/** An operator's node in common terms. */
interface Reading {
  /** Values of q, k, v: (B, S, H * D), or (B, H, S, D) where they have rank 4. */
  readonly operands: readonly [string, string, string];
  readonly heads: number;
  readonly keyHeads: number;
  readonly scale: number;
  /** 0 where scores are not capped. */
  readonly softcap: number;
  readonly causal: boolean;
  /** Where hidden keys get their fill: the lowest finite number, unless it replaces the score. */
  readonly fillAt: number;
  /** Which rows that see no key give 0. */
  readonly zeroHidden: number;
  /** Additive or boolean, to be broadcast to (B, H, Sq, Sk). */
  readonly mask: string | null;
  /** (B, Sk) or (B, Sq, Sk) integers, 0 for a hidden key, and what is added to the scores there. */
  readonly padding: { readonly value: string; readonly fill: number } | null;
}

type Read = (lookup: Lookup, node: CanonicalNode) => Reading | Refusal;

const OPERATORS: Readonly<Record<string, Read>> = {
  Attention: readAttention,
  "com.microsoft.Attention": (lookup, node) => refuse(whyNot(lookup, node) ?? "it projects its operands"),
  "com.microsoft.MultiHeadAttention": readMultiHead,
  "com.microsoft.GroupQueryAttention": readGroupQuery,
};

/** The replacement of an attention operator, or why it stays; `null` for another node. */
export function fuseOperator(lookup: Lookup, node: CanonicalNode): Patch | Refusal | null {
  const name = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
  if (!Object.hasOwn(OPERATORS, name)) return null;
  const reading = OPERATORS[name]!(lookup, node);
  return "refused" in reading ? reading : build(lookup, node, reading);
}

function readAttention(lookup: Lookup, node: CanonicalNode): Reading | Refusal {
  const [q = "", k = "", v = "", mask = "", pastKey = "", pastValue = "", used = ""] = node.inputs;
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  if (pastKey !== "" || pastValue !== "") return refuse("it reads past keys and values (a KV cache)");
  if (used !== "") return refuse("an operand sets the number of keys in use (nonpad_kv_seqlen)");
  const causal = number("is_causal", 0) === 1;
  // ONNX caps the sum of score and mask, so a key is never completely hidden.
  if (number("softcap", 0) !== 0 && (mask !== "" || causal))
    return refuse("it caps its scores after the mask (softcap)");
  const headsOf = (value: string, attribute: string): Expr =>
    dimsOf(lookup, value).length === 4 ? dimsOf(lookup, value)[1]! : number(attribute, 0);
  return finish(lookup, node, {
    operands: [q, k, v],
    heads: headsOf(q, "q_num_heads"),
    keyHeads: headsOf(k, "kv_num_heads"),
    scale: number("scale", 0),
    softcap: number("softcap", 0),
    causal,
    fillAt: FILL_AT.mask,
    zeroHidden: mask === "" ? ZERO_HIDDEN.never : ZERO_HIDDEN.byMask,
    mask: mask === "" ? null : mask,
    padding: null,
  });
}

function readMultiHead(lookup: Lookup, node: CanonicalNode): Reading | Refusal {
  const [q = "", k = "", v = "", bias = "", padding = "", mask = "", ...cache] = node.inputs;
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  if (k === "" || v === "") return refuse("its queries, keys and values are packed into one operand");
  if (bias !== "") return refuse("it adds a bias to its operands");
  if (cache.some((c) => c !== "")) return refuse("it reads past keys and values (a KV cache)");
  if (padding !== "" && dimsOf(lookup, padding).length === 1)
    return refuse("its key padding mask holds key counts, not one element per key");
  const [rows, keys] = [dimsOf(lookup, q)[1]!, dimsOf(lookup, k).at(-2)!];
  if (number("unidirectional", 0) === 1 && !equal(rows, keys))
    return refuse("it is causal, but its queries and keys differ in length");
  const heads = number("num_heads", 0);
  return finish(lookup, node, {
    operands: [q, k, v],
    heads,
    keyHeads: heads,
    scale: number("scale", 0),
    softcap: 0,
    causal: number("unidirectional", 0) === 1,
    fillAt: FILL_AT.sum,
    zeroHidden: ZERO_HIDDEN.never,
    mask: mask === "" ? null : mask,
    padding: padding === "" ? null : { value: padding, fill: number("mask_filter_value", -10000) },
  });
}

/** Always causal. What is more than that was taken apart before, or has a reason to stay. */
function readGroupQuery(lookup: Lookup, node: CanonicalNode): Reading | Refusal {
  const why = whyNotGrouped(lookup, node);
  if (why !== null) return refuse(why);
  const [q = "", k = "", v = ""] = node.inputs;
  const mask = node.inputs[10] ?? "";
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  return finish(lookup, node, {
    operands: [q, k, v],
    heads: number("num_heads", 0),
    keyHeads: number("kv_num_heads", 0),
    scale: number("scale", 0),
    softcap: number("softcap", 0),
    causal: true,
    fillAt: FILL_AT.score,
    zeroHidden: ZERO_HIDDEN.byScore,
    mask: mask === "" ? null : mask,
    padding: null,
  });
}

/** Checks what all operators have in common; a scale of 0 is the default 1 / sqrt(D). */
function finish(
  lookup: Lookup,
  node: CanonicalNode,
  { heads, keyHeads, ...rest }: Omit<Reading, "heads" | "keyHeads"> & { readonly heads: Expr; readonly keyHeads: Expr },
): Reading | Refusal {
  if (readsMore(lookup, node)) return refuse("its optional outputs are read");
  if (typeof heads !== "number" || typeof keyHeads !== "number" || heads < 1 || keyHeads < 1)
    return refuse("its number of heads is not known");
  const [q] = rest.operands;
  const last = dimsOf(lookup, q).at(-1)!;
  const size = dimsOf(lookup, q).length === 4 ? last : exactDiv(last, heads);
  if (rest.scale === 0 && typeof size !== "number") return refuse("its head size is not known");
  return { ...rest, heads, keyHeads, scale: rest.scale === 0 ? 1 / Math.sqrt(size as number) : rest.scale };
}

function build(lookup: Lookup, node: CanonicalNode, reading: Reading): Patch | Refusal {
  const { heads, keyHeads, mask, padding } = reading;
  const q = operandOf(lookup, node, reading.operands[0], heads, { scales: true, groups: false });
  const pair = commonHeads(heads, (groups) => ({
    k: operandOf(lookup, node, reading.operands[1], keyHeads, { scales: true, groups }),
    v: operandOf(lookup, node, reading.operands[2], keyHeads, { scales: false, groups }),
  }));
  if (q === null || pair === null) return refuse("its operands have no (B, S, H, D) form");
  const [rows, columns] = [extents(lookup, reading.operands[0], heads), extents(lookup, reading.operands[1], keyHeads)];
  const width = extents(lookup, reading.operands[2], keyHeads).at(-1)!;
  if (mask !== null && !fits(dimsOf(lookup, mask), [rows[0]!, heads, rows[1]!, columns[1]!]))
    return refuse("its mask does not broadcast to (B, H, Sq, Sk)");
  const [output] = node.outputs as readonly [string];
  const whole = viewOf([rows[0]!, rows[1]!, heads, width]);
  const merged = dimsOf(lookup, output).length === 3;
  const result = merged ? regroup(whole, [rows[0]!, rows[1]!, mul(heads, width)]) : permute(whole, SWAP);
  const outSteps = result && stepsOf(result);
  if (outSteps === null) return refuse("its result cannot be written from (B, S, H, D)");
  const elem = elemOf(lookup, q.base);
  const addMask = mask === null && padding === null ? null : (d: Draft): string => masks(lookup, d, reading, elem);
  const form: AttentionForm = {
    q,
    ...pair,
    addMask,
    scale: reading.scale,
    softcap: reading.softcap,
    nanToZero: false,
    causal: reading.causal,
    ...fillOf(lookup, reading, elem),
    zeroHidden: reading.zeroHidden,
    outSteps,
  };
  const d = draft(lookup, node.name, node.scope);
  addAttention(lookup, d, form, output);
  return d.replace(node);
}

/** Only where something hides keys. */
function fillOf(
  lookup: Lookup,
  { causal, mask, fillAt }: Reading,
  elem: ElemType,
): Pick<AttentionForm, "fill" | "fillAt"> {
  const hides = causal || (mask !== null && elemOf(lookup, mask) === "bool");
  if (!hides || fillAt === FILL_AT.score) return { fill: -Infinity, fillAt: FILL_AT.score };
  return { fill: lowestOf(elem), fillAt };
}

function operandOf(
  lookup: Lookup,
  node: CanonicalNode,
  value: string,
  heads: number,
  leaveOut: Pick<Request, "scales" | "groups">,
): Operand | null {
  const dims = extents(lookup, value, heads);
  const merged = dimsOf(lookup, value).length !== 4;
  const toHeads = (view: View): View | null => {
    const apart = merged ? regroup(view, [dims[0]!, dims[1]!, heads, dims[2]!]) : view;
    return apart && (merged ? permute(apart, SWAP) : apart);
  };
  return bring(lookup, { value, reader: node, toHeads, ...leaveOut });
}

/** (B, S, D) of an operand. */
function extents(lookup: Lookup, value: string, heads: number): readonly Expr[] {
  const dims = dimsOf(lookup, value);
  return dims.length === 4 ? [dims[0]!, dims[2]!, dims[3]!] : [dims[0]!, dims[1]!, exactDiv(dims[2] ?? 0, heads) ?? 0];
}

function fits(mask: readonly Expr[], scores: readonly Expr[]): boolean {
  const lead = scores.length - mask.length;
  return lead >= 0 && mask.every((d, i) => d === 1 || canBeEqual(d, scores[lead + i]!));
}

/** The mask, with the padding of keys as a further additive one. */
function masks(lookup: Lookup, d: Draft, { mask, padding }: Reading, elem: ElemType): string {
  if (padding === null) return mask!;
  const dims = dimsOf(lookup, padding.value);
  const seen = d.add({
    op: "Cast",
    inputs: [padding.value],
    attributes: { to: int(elemCode("bool")) },
    shape: { elem: "bool", dims },
  });
  const [zero, fill] = [0, padding.fill].map((x) => d.constant(tensorFromNumbers(elem, [], [x])));
  const keys = d.add({ op: "Where", inputs: [seen, zero!, fill!], shape: { elem, dims } });
  const shape = { elem, dims: [dims[0]!, 1, dims.length === 3 ? dims[1]! : 1, dims.at(-1)!] };
  const aligned = addSteps(d, keys, elem, [{ kind: "reshape", dims: shape.dims }]);
  if (mask === null) return aligned;
  const own = dimsOf(lookup, mask);
  const sum = Array.from({ length: 4 }, (_, i) =>
    shape.dims[i] === 1 ? (own[i - 4 + own.length] ?? 1) : shape.dims[i]!,
  );
  return d.add({ op: "Add", inputs: [mask, aligned], shape: { elem, dims: sum } });
}

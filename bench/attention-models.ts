/**
 * @file The models of the measurement of attention forms: one attention, or one part of it, as the compiler emits it and as plain operators
 * with all logits at once. Heads of 64, float32, batch 1.
 */
import { emitModel } from "../compiler/emit/emit.ts";
import { builder } from "../compiler/emit/builder.ts";
import type { Builder, Emission } from "../compiler/emit/builder.ts";
import { float, int, ints } from "../compiler/graph/attributes.ts";
import type { Attributes, Graph } from "../compiler/graph/types.ts";
import { writeModel } from "../compiler/graph/write.ts";
import type { CanonicalNode, ValueShape } from "../compiler/ir/types.ts";

export const HEADS = 8;
const SIZE = 64;
const SCALE = SIZE ** -0.5;
const CAP = 50;
const OPSETS = { "": 18, cp: 1 };

export interface Form {
  readonly keyHeads?: number;
  /** Extents of an additive mask. */
  readonly mask?: readonly (1 | "Sq" | "Sk")[];
  readonly causal?: boolean;
  readonly capped?: boolean;
}

/** By name, in the order of the table. */
export const forms: Readonly<Record<string, Form>> = {
  plain: {},
  "grouped heads": { keyHeads: 2 },
  "mask of keys": { mask: [1, 1, 1, "Sk"] },
  "mask of rows and keys": { mask: [1, 1, "Sq", "Sk"] },
  causal: { causal: true },
  "capped scores": { capped: true },
};

export type Kind = "whole" | "part";

type Inputs = Readonly<Record<string, ValueShape>>;

/** (1, tokens, heads, 64) operands, and the mask. */
export function inputsOf({ keyHeads = HEADS, mask }: Form): Inputs {
  const operand = (tokens: string, heads: number): ValueShape => ({ elem: "float32", dims: [1, tokens, heads, SIZE] });
  const operands = { q: operand("Sq", HEADS), k: operand("Sk", keyHeads), v: operand("Sk", keyHeads) };
  return mask === undefined ? operands : { ...operands, mask: { elem: "float32", dims: mask } };
}

const outputsOf = (kind: Kind): readonly string[] => (kind === "whole" ? ["y"] : ["out", "max", "sum"]);

/** As the compiler emits it. */
export function emitted(kind: Kind, form: Form): Uint8Array {
  const inputs = inputsOf(form);
  const outputs = outputsOf(kind);
  const attributes: Attributes = {
    scale: float(SCALE),
    softcap: float(form.capped === true ? CAP : 0),
    causal: int(form.causal === true ? 1 : 0),
  };
  const op = kind === "whole" ? "Attention" : "AttentionPart";
  const node: CanonicalNode = {
    name: "a",
    op,
    domain: "cp",
    inputs: Object.keys(inputs),
    outputs,
    attributes,
    scope: "",
  };
  return emitModel({
    name: "emitted",
    nodes: [node],
    inputs: Object.entries(inputs).map(([name, { elem, dims }]) => ({ name, elem, dims: dims.map(known) })),
    outputs: outputs.map((name) => ({ name, elem: "float32" })),
    constants: new Map(),
    integers: new Map(),
    shapes: new Map(Object.entries(inputs)),
    opsets: OPSETS,
  }).bytes;
}

const known = (dim: unknown): number | null => (typeof dim === "number" ? dim : null);

/** MatMul, Softmax, MatMul, or for a part MatMul, ReduceMax, Exp, ReduceSum, MatMul. */
export function plainOperators(kind: Kind, form: Form): Uint8Array {
  const inputs = inputsOf(form);
  const emission: Emission = {
    nodes: [],
    constants: new Map(),
    taken: new Set([...Object.keys(inputs), ...outputsOf(kind)]),
  };
  const b = builder(emission, "plain");
  const heads = (x: string, perm: readonly number[]): string => {
    const turned = b.add("Transpose", [x], { perm: ints([...perm]) });
    const index = Array.from({ length: HEADS }, (_, head) => Math.floor((head * (form.keyHeads ?? HEADS)) / HEADS));
    return x === "q" || form.keyHeads === undefined
      ? turned
      : b.add("Gather", [turned, b.ints(index)], { axis: int(1) });
  };
  const [q, k, v] = [heads("q", [0, 2, 1, 3]), heads("k", [0, 2, 3, 1]), heads("v", [0, 2, 1, 3])];
  const logits = plainLogits(b, form, q, k);
  if (kind === "part") plainPart(b, logits, v);
  else {
    const weighted = b.add("MatMul", [b.add("Softmax", [logits], { axis: int(-1) }), v]);
    b.addAs("y", "Transpose", [weighted], { perm: ints([0, 2, 1, 3]) });
  }
  const graph: Graph = {
    name: "plain",
    inputs: Object.entries(inputs).map(([name, { elem, dims }]) => ({ name, type: { elem, dims: dims.map(known) } })),
    outputs: outputsOf(kind).map((name) => ({ name, type: { elem: "float32", dims: null } })),
    nodes: emission.nodes,
    constants: emission.constants,
    types: new Map(),
  };
  return writeModel(graph, { opsets: OPSETS });
}

function plainLogits(b: Builder, { mask, causal, capped }: Form, q: string, k: string): string {
  const times = (x: string, factor: number): string => b.add("Mul", [x, b.scalar("float32", factor)]);
  const scores = b.add("MatMul", [times(q, capped === true ? SCALE / CAP : SCALE), k]);
  const logits = capped === true ? times(b.add("Tanh", [scores]), CAP) : scores;
  if (mask !== undefined) return b.add("Add", [logits, "mask"]);
  if (causal !== true) return logits;
  const count = (axis: number): string => {
    const extent = b.add("Gather", [b.add("Shape", [logits]), b.scalar("int64", axis)]);
    return b.add("Range", [b.scalar("int64", 0), extent, b.scalar("int64", 1)]);
  };
  const seen = b.add("GreaterOrEqual", [b.add("Unsqueeze", [count(2), b.ints([1])]), count(3)]);
  return b.add("Where", [seen, logits, b.scalar("float32", -Infinity)]);
}

function plainPart(b: Builder, logits: string, v: string): void {
  const last = b.ints([-1]);
  b.addAs("max", "ReduceMax", [logits, last], { keepdims: int(1) });
  const weights = b.add("Exp", [b.add("Sub", [logits, "max"])]);
  b.addAs("sum", "ReduceSum", [weights, last], { keepdims: int(1) });
  b.addAs("out", "MatMul", [weights, v]);
}

/**
 * @file Fused products, activations and normalisations as operators of ONNX.
 */
import { float, ints, numberAttribute } from "../../../graph/attributes.ts";
import type { Attributes } from "../../../graph/types.ts";
import { fusedOrder } from "../../../operators/rules/contraction.ts";
import { isProduct, moduleOfSource, moduleOfSum, moduleOfWeight } from "./modules.ts";
import { isRead, type Writer } from "./writer.ts";

const MICROSOFT = "com.microsoft";

/** alpha * A * B, either with its axes in another order. With an operand of one axis, onnxruntime reads the other in no such order. */
export function expandProduct(w: Writer): boolean {
  const { inputs, outputs, attributes } = w.node;
  if (inputs.some((value) => w.dims(value).length < 2)) return false;
  const operands = [0, 1].map((i) => turned(w, inputs[i]!, attributes, i === 0 ? "A" : "B"));
  const alpha = numberAttribute(attributes, "alpha", 1);
  const product = w.add("MatMul", operands, { output: alpha === 1 ? outputs[0] : undefined });
  if (alpha !== 1) w.add("Mul", [product, w.number(w.elem(product), alpha)], { output: outputs[0] });
  return true;
}

function turned(w: Writer, value: string, attributes: Attributes, operand: "A" | "B"): string {
  const perm = fusedOrder(attributes, operand, w.dims(value).length);
  return perm.every((p, i) => p === i) ? value : w.add("Transpose", [value], { attributes: { perm: ints(perm) } });
}

/** The bias belongs to the product before the activation. */
export function expandBiasGelu(w: Writer): boolean {
  const [x = "", bias = ""] = w.node.inputs;
  const sum = w.add("Add", [x, bias], { scope: moduleOfSource(w.lookup, x, w.node.scope) });
  w.add("Gelu", [sum], { domain: MICROSOFT, output: w.node.outputs[0] });
  return true;
}

export function expandFastGelu(w: Writer): boolean {
  const [x = "", bias = ""] = w.node.inputs;
  if (bias === "") return false;
  const sum = w.add("Add", [x, bias], { scope: moduleOfSource(w.lookup, x, w.node.scope) });
  w.add("FastGelu", [sum], { domain: MICROSOFT, output: w.node.outputs[0] });
  return true;
}

export function expandSkipNorm(w: Writer): boolean {
  const [input = "", skip = "", gamma = "", beta = "", bias = ""] = w.node.inputs;
  if (readsStatistics(w)) return false;
  const sum = addSkip(w, { input, skip, bias, gamma });
  const attributes = { epsilon: float(numberAttribute(w.node.attributes, "epsilon", 1e-12)) };
  normalise(w, "LayerNormalization", beta === "" ? [sum, gamma] : [sum, gamma, beta], attributes);
  return true;
}

export function expandSkipRms(w: Writer): boolean {
  const [input = "", skip = "", gamma = "", bias = ""] = w.node.inputs;
  if (readsStatistics(w)) return false;
  const sum = addSkip(w, { input, skip, bias, gamma });
  const attributes = { epsilon: float(numberAttribute(w.node.attributes, "epsilon", 1e-12)) };
  normalise(w, "SimplifiedLayerNormalization", [sum, gamma], attributes);
  return true;
}

function normalise(w: Writer, op: string, inputs: readonly string[], attributes: Attributes): void {
  const scope = moduleOfWeight(w.lookup, inputs[1]!, w.node.scope);
  w.add(op, inputs, { attributes, scope, output: w.node.outputs[0] });
}

/** Mean and deviation, which no export reads. */
function readsStatistics({ lookup, node }: Writer): boolean {
  return isRead(lookup, node, 1) || isRead(lookup, node, 2);
}

interface Skip {
  readonly input: string;
  readonly skip: string;
  readonly bias: string;
  readonly gamma: string;
}

/** input + skip + bias, which is the last result of the fused node. A bias is that of the product that makes one of the two. */
function addSkip(w: Writer, { input, skip, bias, gamma }: Skip): string {
  const { lookup, node } = w;
  const rank = w.dims(input).length;
  const operands = [input, skip];
  const modules = operands.map((value) => moduleOfSource(lookup, value, node.scope));
  const at = operands.findIndex((value) => isProduct(lookup, value, rank));
  if (bias !== "") {
    const biased = Math.max(0, at);
    operands[biased] = w.add("Add", [operands[biased]!, bias], { scope: modules[biased]! });
  }
  const scope = moduleOfSum(lookup, [...modules, moduleOfWeight(lookup, gamma, node.scope)]);
  return w.add("Add", operands, { scope, output: node.outputs[3] === "" ? undefined : node.outputs[3] });
}

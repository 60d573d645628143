/**
 * @file Quantisation at run time, and products that contain it, as operators of ONNX, with the arithmetic of onnxruntime: bit by bit the
 * same. The range of a split value is then an all-reduce.
 */
import { int } from "../../../graph/attributes.ts";
import { elemCode } from "../../../graph/elements.ts";
import type { Writer } from "./writer.ts";

/** The largest uint8. */
const LEVELS = 255;

interface Quantised {
  readonly value: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

export function expandQuantisation(w: Writer): boolean {
  const [value, scale, zeroPoint] = w.node.outputs;
  quantise(w, w.node.inputs[0]!, {
    ...(value ? { value } : {}),
    ...(scale ? { scale } : {}),
    ...(zeroPoint ? { zeroPoint } : {}),
  });
  return true;
}

/** The range always includes 0. An operand of zeros has scale 1. */
function quantise(w: Writer, x: string, names: Partial<Quantised> = {}): Quantised {
  const elem = w.elem(x);
  const number = (value: number): string => w.number(elem, value);
  const keepdims = { attributes: { keepdims: int(0) } };
  const low = w.add("Min", [w.add("ReduceMin", [x], keepdims), number(0)]);
  const high = w.add("Max", [w.add("ReduceMax", [x], keepdims), number(0)]);
  const step = w.add("Div", [w.add("Sub", [high, low]), number(LEVELS)]);
  const scale = w.add("Where", [w.add("Equal", [low, high]), number(1), step], { output: names.scale });
  const exact = w.add("Neg", [w.add("Div", [low, scale])]);
  const rounded = w.add("Round", [w.add("Clip", [exact, number(0), number(LEVELS)])]);
  const to = { to: int(elemCode("uint8")) };
  const zeroPoint = w.add("Cast", [rounded], { attributes: to, output: names.zeroPoint });
  const value = w.add("QuantizeLinear", [x, scale, zeroPoint], { output: names.value });
  return { value, scale, zeroPoint };
}

/** A float operand times quantised weights: (A, B, scale of B, zero point of B, bias). */
export function expandDynamicProduct(w: Writer): boolean {
  const [a = "", b = "", scale = "", zeroPoint = "", bias = ""] = w.node.inputs;
  const quantised = quantise(w, a);
  multiply(w, quantised, { value: b, scale, zeroPoint }, bias);
  return true;
}

/** (A, B, scale of A, scale of B, zero point of A, zero point of B, bias). */
export function expandScaledProduct(w: Writer): boolean {
  const [a = "", b = "", scaleA = "", scaleB = "", zeroA = "", zeroB = "", bias = ""] = w.node.inputs;
  multiply(w, { value: a, scale: scaleA, zeroPoint: zeroA }, { value: b, scale: scaleB, zeroPoint: zeroB }, bias);
  return true;
}

function multiply(w: Writer, a: Quantised, b: Quantised, bias: string): void {
  const elem = w.elem(a.scale);
  const integers = w.add("MatMulInteger", trimmed([a.value, b.value, a.zeroPoint, b.zeroPoint]));
  const floats = w.add("Cast", [integers], { attributes: { to: int(elemCode(elem)) } });
  const output = w.node.outputs[0];
  const product = [floats, w.add("Mul", [a.scale, b.scale])];
  const result = w.add("Mul", product, { output: bias === "" ? output : undefined });
  if (bias !== "") w.add("Add", [result, bias], { output });
}

/** Without absent operands at the end. */
function trimmed(inputs: readonly string[]): readonly string[] {
  return inputs.slice(0, inputs.findLastIndex((name) => name !== "") + 1);
}

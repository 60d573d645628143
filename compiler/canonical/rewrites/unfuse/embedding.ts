/**
 * @file The sum of word, position and segment embeddings, normalised, as operators of ONNX.
 */
import { float, int, numberAttribute } from "../../../graph/attributes.ts";
import { elemCode } from "../../../graph/elements.ts";
import { moduleOfWeight } from "./modules.ts";
import { isRead, type Writer } from "./writer.ts";

export function expandEmbedding(w: Writer): boolean {
  const { lookup, node } = w;
  const [ids = "", segments = "", words = "", positions = "", types = "", gamma = "", beta = "", mask = "", at = ""] =
    node.inputs;
  const [output, counts = "", sum] = node.outputs;
  const rows = [gather(w, words, ids), at === "" ? firstRows(w, positions, ids) : gather(w, positions, at)];
  const two = w.add("Add", rows, { output: segments === "" ? sum || undefined : undefined });
  const all = segments === "" ? two : w.add("Add", [two, gather(w, types, segments)], { output: sum || undefined });
  const attributes = { epsilon: float(numberAttribute(node.attributes, "epsilon", 1e-12)) };
  w.add("LayerNormalization", [all, gamma, beta], {
    attributes,
    output,
    scope: moduleOfWeight(lookup, gamma, node.scope),
  });
  if (isRead(lookup, node, 1)) countKeys(w, mask === "" ? ids : mask, mask === "", counts);
  return true;
}

function gather(w: Writer, table: string, ids: string): string {
  return w.add("Gather", [table, ids], { scope: moduleOfWeight(w.lookup, table, w.node.scope) });
}

/** Row i is at position i. */
function firstRows(w: Writer, table: string, ids: string): string {
  const length = w.dims(ids)[1]!;
  const bounds = [w.integers(0), w.integers(length), w.integers(0)];
  return w.add("Slice", [table, ...bounds], { scope: moduleOfWeight(w.lookup, table, w.node.scope) });
}

/** How many keys of each row of the batch are in use: those with 1 in the mask; 0 without a mask. */
function countKeys(w: Writer, mask: string, none: boolean, output: string): void {
  const elem = w.elem(mask);
  const to = { to: int(elemCode("int32")) };
  const ones = w.add("Cast", [w.add("Equal", [mask, w.number(elem, 1)])], { attributes: to });
  const counted = w.add("ReduceSum", [ones, w.integers(1)], {
    attributes: { keepdims: int(0) },
    output: none ? undefined : output,
  });
  if (none) w.add("Mul", [counted, w.number("int32", 0)], { output });
}

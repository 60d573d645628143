/**
 * @file Hands the results of rank 0 to the caller: as onnxruntime's tensors, or into tensors that the caller gave. Knows no rank.
 */
import { inputMessages } from "../../compiler/diagnostics/catalog/inputs.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { toOnnxTensor } from "../../ort/onnx-tensor.ts";
import type { OnnxTensor } from "../../ort/onnx-tensor.ts";
import { bytesOf } from "../../ort/tensors.ts";
import type { OutputTensor } from "../messages.ts";
import { isGone, sameDims, showTensor, viewBytes } from "../tensor.ts";
import type { TensorLike } from "../tensor.ts";

export type Outputs = Record<string, OnnxTensor>;

/** Throws `ContextParallelError` where a given tensor does not fit its result. */
export async function outputsFor(
  results: readonly OutputTensor[],
  preallocated: ReadonlyMap<string, TensorLike>,
): Promise<Outputs> {
  const outputs: Outputs = {};
  for (const result of results) {
    const given = preallocated.get(result.name);
    outputs[result.name] = given === undefined ? await toOnnxTensor(result) : fill(given, result);
  }
  return outputs;
}

/** The caller's own tensor, filled. It is of onnxruntime's class if the caller made it so. */
function fill(given: TensorLike, { name, elem, dims, data }: OutputTensor): OnnxTensor {
  if (ArrayBuffer.isView(given.data) && isGone(given.data)) {
    throw new ContextParallelError([diagnose(inputMessages.gone, { name })]);
  }
  const bytes = viewBytes(given);
  if (given.type !== elem || !sameDims(given.dims, dims) || bytes?.byteLength !== data.byteLength) {
    const params = { name, expected: showTensor(elem, dims), actual: showTensor(given.type, given.dims) };
    throw new ContextParallelError([diagnose(inputMessages.fetchMismatch, params)]);
  }
  bytes.set(bytesOf(data));
  return given as OnnxTensor;
}

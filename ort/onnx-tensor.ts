/**
 * @file Makes tensors of onnxruntime's own class for callers who expect what its sessions return. Runs nothing.
 */
import type { Tensor } from "onnxruntime-node";
import { loadOnnxRuntime } from "./load.ts";
import { bytesOf, dataOf } from "./tensors.ts";
import type { OrtTensor } from "./types.ts";

/** onnxruntime's `Tensor`, on the CPU. */
export type OnnxTensor = Tensor;

/**
 * The tensor as an object of onnxruntime's class; shares its memory. The package is loaded on first use. Data that comes from another thread
 * has the classes of the process: where a test runner gives modules classes of their own, onnxruntime would refuse it.
 */
export async function toOnnxTensor({ elem, dims, data }: OrtTensor): Promise<OnnxTensor> {
  const { Tensor } = await loadOnnxRuntime();
  return new Tensor(elem, dataOf(elem, bytesOf(data)) as Tensor.DataTypeMap[typeof elem], dims);
}

/**
 * @file Names, types and shapes of a program's inputs and outputs, as onnxruntime's session states them. Knows no session.
 */
import { show } from "../../compiler/expr/expr.ts";
import type { ProgramTensor } from "../../program/types.ts";

export interface TensorMetadata {
  readonly name: string;
  readonly isTensor: true;
  /** onnxruntime's element type. */
  readonly type: string;
  /** A number is fixed; a string is a length or an expression in lengths. */
  readonly shape: readonly (number | string)[];
}

export function metadataOf(tensors: readonly ProgramTensor[]): readonly TensorMetadata[] {
  return tensors.map(({ name, elem, dims }) => {
    const shape = dims.map((dim) => (typeof dim === "number" ? dim : show(dim)));
    return { name, isTensor: true, type: elem, shape };
  });
}

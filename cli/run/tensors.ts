/**
 * @file Tensors between files, which name their type `elem`, and sessions, which name it `type` as onnxruntime does.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { isOrtElem } from "../../ort/tensors.ts";
import type { OrtData, OrtTensor, OrtTensors } from "../../ort/types.ts";
import type { Outputs } from "../../runtime/caller/outputs.ts";
import type { TensorLike } from "../../runtime/tensor.ts";

export function toFeeds(tensors: OrtTensors): Readonly<Record<string, TensorLike>> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { elem, dims, data }]): [string, TensorLike] => [
      name,
      { type: elem, dims, data },
    ]),
  );
}

export function fromOutputs(outputs: Outputs): OrtTensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]): [string, OrtTensor] => {
      invariant(isOrtElem(type), `the output ${name} has the type ${type}`);
      return [name, { elem: type, dims, data: data as OrtData }];
    }),
  );
}

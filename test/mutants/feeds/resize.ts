/**
 * @file Makes a feed longer or shorter along an axis by repeating or dropping rows.
 */
import { newData } from "../../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../../ort/types.ts";

export function resize(feeds: OrtTensors, input: string, axis: number, size: number): OrtTensors {
  return { ...feeds, [input]: rows(feeds[input]!, axis, size) };
}

function rows({ elem, dims, data }: OrtTensor, axis: number, size: number): OrtTensor {
  const before = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const after = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const made = newData(elem, before * size * after);
  for (let b = 0; b < before; b++) {
    for (let row = 0; row < size; row++) {
      const from = (b * dims[axis]! + (row % dims[axis]!)) * after;
      for (let i = 0; i < after; i++) made[(b * size + row) * after + i] = data[from + i]!;
    }
  }
  return { elem, dims: dims.with(axis, size), data: made };
}

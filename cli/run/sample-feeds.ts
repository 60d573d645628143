/**
 * @file Inputs for a model of which only the shapes are known: numbers that differ by position.
 */
import { evaluate } from "../../compiler/expr/expr.ts";
import { sizeOf } from "../../compiler/graph/elements.ts";
import type { ElemType } from "../../compiler/graph/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { lengthsFor } from "../../compiler/simulate/choose.ts";
import { isOrtElem, ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";

/** One tensor per input, the same for the same graph. */
export function sampleFeeds(sharded: ShardedGraph): OrtTensors {
  const lengths = lengthsFor(sharded);
  const random = generator();
  return Object.fromEntries(
    sharded.graph.inputs.map(({ name, shape }): [string, OrtTensor] => {
      const dims = shape.dims.map((dim) => evaluate(dim, lengths));
      const elem = isOrtElem(shape.elem) ? shape.elem : "float32";
      return [
        name,
        ortTensor(
          elem,
          dims,
          Array.from({ length: sizeOf(dims) }, () => sample(shape.elem, random)),
        ),
      ];
    }),
  );
}

function sample(elem: ElemType, random: () => number): number {
  if (elem === "bool") return random() < 0.75 ? 1 : 0;
  return elem.startsWith("float") ? random() * 2 - 1 : Math.floor(random() * 2);
}

/** Numbers in [0, 1) from a linear congruential generator: enough to distinguish positions. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

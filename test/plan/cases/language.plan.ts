// Everything that a TypeScript plan may use.
import * as cp from "onnx-context-parallel";
import type { ContextParallelPlan } from "onnx-context-parallel";
import ids, { gather, names as parameters, positions, tokens } from "./lib/shared.ts";
import * as more from "./lib/more";
import { Axis } from "./lib/more.js";

type Pair = readonly [string, object];
interface Unused {
  readonly a: number;
}
const blocks = 2;
const wide = blocks > 1 && !(blocks === 3);
const split = (dim: number, ...rest: readonly number[]) => ({ split_dim: dim, expected_dims: rest.length + 2 });
const block = function (index: number) {
  return `blocks.${index}` as const;
};
const pick = ({ dim, dims = 4 }: { dim: number; dims?: number }, [first, , third]: readonly number[]) => ({
  [`x${first}${third}`]: { split_dim: dim, expected_dims: dims },
});

const plan = cp.definePlan({
  $comment: "a" + "b" + 1,
  "": {
    ...Object.fromEntries(parameters.map((name): Pair => [name, tokens])),
    ...ids,
    ["txt" + "_ids"]: positions,
    ...(wide && { extra: split(-1, 1, 2) }),
    ...(!wide ? { never: split(0) } : undefined),
  },
  ...Object.fromEntries(
    Array.from({ length: blocks }, (_, i) => [block(i), pick({ dim: i % 2 }, [i, 0, i ** 2 + 1])] as const),
  ),
  ...Object.fromEntries(
    ["a", "b", "c"]
      .filter((name) => name !== "b")
      .concat(["d"])
      .flatMap((name, i) => [[[name, "*"].join("."), [gather(i), null]]]),
  ),
  [Object.keys({ zero: 1 })[0]!]: { "0": { split_dim: Axis.Sequence, split_output: true } },
  last: { gather_dim: more.Axis.Last, value: undefined },
  lists: { tensors: [...Array.from([1, 2], (n) => ({ split_dim: n })), { split_dim: Number("2") }] },
  [String(7)]: (more.ids?.expected_dims ?? 0) >= 2 ? gather(1, parameters.length) : gather(2),
} satisfies ContextParallelPlan);

export default plan;

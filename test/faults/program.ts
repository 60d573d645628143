/**
 * @file The program in which faults happen, for two ranks: every rank negates its rows, a handler looks at them, a piece works as long as the
 * length `k` says and leaves them as they are, and all are gathered. Some values of `k` need more memory than there is.
 */
import type { CompiledProgram } from "../../program/types.ts";
import { chunk } from "../../compiler/expr/expr.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import {
  collectiveStep,
  graph,
  int,
  ints,
  names,
  node,
  pieceStep,
  range,
  value,
  writeProgram,
} from "../runtime/support/models.ts";
import type { PieceModel } from "../runtime/support/models.ts";
import {
  bounds,
  concatPiece,
  heads,
  hookIn,
  hookStep,
  input,
  inputsOf,
  lengths,
  output,
  size,
  slicePiece,
  sliceStep,
} from "../runtime/support/programs.ts";

const RANKS = 2;
const w = { name: "w", elem: "uint8", dims: ["k", 1] } as const;

export function faultProgram(): CompiledProgram {
  const parts = names("part", RANKS);
  // From k = 2000 to 3999 the exchange needs tens of gigabytes.
  const width = ["+", heads, ["*", 2 ** 30, ["%", ["//", "k", 2000], 2]]] as const;
  return writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: RANKS },
      inputs: [input, w],
      outputs: [output],
      lengths: [...lengths, { name: "k", sources: [{ input: "w", axis: 0 }] }],
      derived: bounds(RANKS),
      minimums: [{ length: "s", at_least: RANKS, name: "x axis 0", span: null }],
      hooks: [hookIn("faults.plan.json")],
      steps: [
        sliceStep,
        hookStep,
        pieceStep("work", { seen: "seen", w: "w" }, { worked: "worked" }, ["seen", "w"]),
        collectiveStep({
          name: "gather",
          collective: "all-gather",
          group: "sequence",
          hook: 0,
          transfers: [
            {
              send: ["worked"],
              receive: parts,
              elem: "float32",
              dims: [chunk("sequence", "s", RANKS, "rank"), width, size],
            },
          ],
          frees: ["worked"],
        }),
        pieceStep("join", inputsOf(parts), { y: "y" }, parts),
      ],
    },
    [slicePiece("Neg"), workPiece(), concatPiece("join", RANKS, 0, "y")],
  );
}

/** Eight products of k x k matrices, of which nothing is added to the rows. */
function workPiece(): PieceModel {
  const inputs = [value("seen", ["r", heads, size]), value("w", ["k", 1], "uint8")];
  const nodes = [
    node("Shape", ["w"], ["shape"]),
    node("Gather", ["shape", "first"], ["k"], { axis: int(0) }),
    node("Concat", ["k", "k"], ["square"], { axis: int(0) }),
    node("Expand", ["small", "square"], ["t0"]),
    ...range(8).map((i) => node("MatMul", [`t${i}`, "t0"], [`t${i + 1}`])),
    node("ReduceMax", ["t8"], ["most"], { keepdims: int(0) }),
    node("Mul", ["most", "zero"], ["nothing"]),
    node("Add", ["seen", "nothing"], ["worked"]),
  ];
  const number = (n: number) => tensorFromNumbers("float32", [], [n]);
  const constants = { first: ints([0]), small: number(1e-3), zero: number(0) };
  return { id: "work", graph: graph(inputs, [value("worked", ["r", heads, size])], nodes, constants) };
}

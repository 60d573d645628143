/**
 * @file Examples of rows that are taken in units, of tables of all pairs of rows, and of rows that a run counts. Codes CP4040, CP4060, CP4063
 * and CP4603.
 */
import { node } from "../../support/graphs.ts";
import type { Examples } from "../example.ts";
import { small } from "./shard.ts";

export const tables: Examples = {
  CP4040: small(
    "Features of the tokens were made a table of all pairs of tokens, and the plan splits the features: a rank then has some rows and some columns. Left whole, the table is sliced where it meets split rows.",
    {
      formula: "pairs = features * transpose(features), y = x + pairs, with features of (1, 4, n, 1)",
      splits: { x: 1, features: 2 },
      inputs: { x: [1, "n", "n"], features: [1, 4, "n", 1] },
      nodes: [
        node("Transpose", ["features"], ["columns"], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
        node("Mul", ["features", "columns"], ["pairs"]),
        node("Add", ["x", "pairs"], ["y"]),
      ],
    },
  ),
  CP4060: small(
    "A mask of the tokens is made a table of all pairs of tokens, and the plan splits the mask: a rank then has some rows and some columns, so the mask is gathered. Left whole, it is sliced where the table meets split rows.",
    {
      formula: "pairs = mask * transpose(mask), y = x + pairs, with mask of (1, n, 1)",
      splits: { x: 1, mask: 1 },
      inputs: { x: [1, "n", "n"], mask: [1, "n", 1] },
      nodes: [
        node("Transpose", ["mask"], ["columns"], { perm: { kind: "ints", value: [0, 2, 1] } }),
        node("Mul", ["mask", "columns"], ["pairs"]),
        node("Add", ["x", "pairs"], ["y"]),
      ],
    },
  ),
  CP4603: small("The entry splits a value whose number of rows is known only when the model runs.", {
    formula: "p = the places where Relu(x) is not 0, in the module `proj`, and y = the sums over the rows of p",
    splits: {},
    splitOutput: "proj",
    inputs: { x: [1, "n", 4] },
    output: [3],
    nodes: [
      node("Relu", ["x"], ["computed"]),
      { ...node("NonZero", ["computed"], ["p"]), name: "/proj/NonZero" },
      node("Cast", ["p"], ["rows"], { to: { kind: "int", value: 1 } }),
      node("ReduceSum", ["rows", "axes"], ["y"], { keepdims: { kind: "int", value: 0 } }),
    ],
    constants: { axes: [1] },
  }),
  CP4063: small(
    "Rows are taken in units, as the rows of windows: a chunk has whole units. Chunks that end between units are made by an exchange, but each rank needs a unit.",
    {
      formula: "y = reshape(x, [1, 2, 6]), with x of (1, 12)",
      splits: { x: 1 },
      inputs: { x: [1, 12] },
      nodes: [node("Reshape", ["x", "shape"], ["y"])],
      constants: { shape: [1, 2, 6] },
      options: "--ulysses-degree 3",
    },
  ),
};

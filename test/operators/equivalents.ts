/**
 * @file Mutants of rules that no check can distinguish from the rule, each with the reason. The long run fails if a check does detect one,
 * so the list cannot hide a missing sample.
 */

export interface Equivalent {
  readonly why: string;
  /** As the run names them: case, way, what. */
  readonly mutants: readonly string[];
}

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    why: "of axes that are all reduced, each rank may hold any part",
    mutants: [
      "ReduceL1 2: a factor that is not there: inputs 0: axis 0 with 2",
      "ReduceL2 2: a factor that is not there: inputs 0: axis 0 with 2",
      "ReduceMax 2: a factor that is not there: inputs 0: axis 0 with 2",
      "ReduceMean 2: a factor that is not there: inputs 0: axis 0 with 2",
      "ReduceMin 2: a factor that is not there: inputs 0: axis 0 with 2",
      "ReduceSum 2: a factor that is not there: inputs 0: axis 0 with 2",
      "ReduceSumSquare 2: a factor that is not there: inputs 0: axis 0 with 2",
    ],
  },
  {
    why: "known extents become integers before the compiler uses more of the rule than its operands",
    mutants: [
      "Shape 0: a factor dropped: outputs 0: axis 0 without 2",
      "Shape 0: a wrong element type: result 0",
      "Shape 0: a wrong extent: factor 2: 1",
      "Shape 0: a wrong extent: factor 2: one more",
      "Size 0: a wrong element type: result 0",
    ],
  },
  {
    why: "an axis of extent 1 cannot be split, so the factors that it shares with the result are never used",
    mutants: [
      "Expand 0: a factor that is not there: inputs 0: axis 0 with 0",
      "Expand 0: a factor that is not there: inputs 0: axis 0 with 2",
      "Expand 0: a factor that is not there: inputs 0: axis 2 with 0",
      "Expand 0: a factor that is not there: inputs 0: axis 2 with 2",
    ],
  },
  {
    why: "the slice reaches the end of its axis, and ONNX clamps a bound beyond the rows that a rank holds",
    mutants: [
      "Slice 3: a size or bound that stays whole: sizing 1",
      "Slice 3: a wrong size or bound: sizing 1: another operand",
      "Slice 7: a size or bound that stays whole: sizing 1",
    ],
  },
  {
    why: "the slice begins at 0 on every rank, as in the unsplit graph",
    mutants: [
      "Slice 8: a size or bound that stays whole: sizing 0",
      "Slice 8: a wrong size or bound: sizing 0: another operand",
    ],
  },
  {
    why: "a factor is reduced only where every operand that has it is split, and weights are whole",
    mutants: ["sum", "mean", "max", "min"].map(
      (kind) => `com.microsoft.FusedConv 0: another reduction: factor 3: along as ${kind}`,
    ),
  },
  {
    why: "an axis that is interpolated cannot be split, so its size does not change",
    mutants: ["Resize 1: a wrong size or bound: sizing 0: another element"],
  },
];

export const KNOWN_EQUIVALENT: ReadonlySet<string> = new Set(EQUIVALENTS.flatMap((e) => e.mutants));

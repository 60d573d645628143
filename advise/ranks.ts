/**
 * @file What each rank computes in each step of a program: the extents of its values, followed from step to step. Knows no time.
 */
import { evaluate } from "../compiler/expr/expr.ts";
import type { ElemType } from "../compiler/graph/types.ts";
import { integersOf } from "../memory/executions.ts";
import type { Execution, ExecutionOf } from "../memory/executions.ts";
import type { TensorShape } from "../memory/sizes.ts";
import type { Lengths } from "../program/lengths.ts";
import { ranksOf } from "../program/mesh.ts";
import type { CollectiveStep, Program } from "../program/types.ts";
import type { Placement } from "../runtime/collectives/placement.ts";
import { NOTHING } from "./operators.ts";
import type { Computation } from "./operators.ts";
import { computationOfPiece } from "./pieces.ts";

export type PlacementOf = (step: CollectiveStep, rank: number) => Placement;

/** By rank and step. */
export function computationsOf(
  program: Program,
  executionOf: ExecutionOf,
  placementOf: PlacementOf,
  lengths: Lengths,
): readonly (readonly Computation[])[] {
  const known = new Map<Execution, Computation>();
  const computationOf = (execution: Execution | null): Computation => {
    if (execution === null) return NOTHING;
    const found = known.get(execution) ?? computationOfPiece(execution);
    known.set(execution, found);
    return found;
  };
  return Array.from({ length: ranksOf(program.mesh) }, (_, rank) =>
    executionsOf(program, executionOf, placementOf, lengths, rank).map(computationOf),
  );
}

/** By step; `null` where nothing is executed. */
function executionsOf(
  program: Program,
  executionOf: ExecutionOf,
  placementOf: PlacementOf,
  lengths: Lengths,
  rank: number,
): readonly (Execution | null)[] {
  const integers = integersOf(program, lengths, rank);
  const held = new Map<string, TensorShape>(
    program.inputs.map(({ name, elem, dims }) => [
      name,
      { elem: elem as ElemType, dims: dims.map((dim) => evaluate(dim, lengths)) },
    ]),
  );
  const name = (value: string, shape: TensorShape | undefined): void => {
    if (shape !== undefined) held.set(value, shape);
  };
  return program.steps.map((step) => {
    if (step.kind === "hook") name(step.result, held.get(step.value));
    if (step.kind === "collective") {
      for (const { transfer, slot, dims } of placementOf(step, rank).receives) {
        const { receive, elem } = step.transfers[transfer]!;
        name(receive[slot]!, { elem: elem as ElemType, dims });
      }
    }
    const execution = step.kind === "piece" ? executionOf(step, (value) => held.get(value), integers) : null;
    if (step.kind === "piece" && execution !== null) {
      for (const [inside, value] of Object.entries(step.outputs)) name(value, execution.outputs.get(inside));
    }
    for (const value of step.frees) held.delete(value);
    return execution;
  });
}

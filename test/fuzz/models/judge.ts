/**
 * @file Runs a model file through the whole pipeline and reports what is wrong with the response. A model that compiles is run on every
 * rank and compared value by value, if its values are small.
 */
import { writeFile } from "node:fs/promises";
import * as fc from "fast-check";
import { compileStages } from "../../../compiler/compile.ts";
import { RANK, evaluate, symbolsOf, withinLimits } from "../../../compiler/expr/expr.ts";
import { numbersOf } from "../../../compiler/graph/tensors.ts";
import type { MeshConfig } from "../../../compiler/plan/types.ts";
import type { ShardedGraph } from "../../../compiler/shard/types.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { checkLengths } from "../../../compiler/simulate/lengths.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import { faultsOf } from "../answers.ts";
import { feedsOf, type Base } from "./bases.ts";

export const mesh: fc.Arbitrary<MeshConfig> = fc.record({
  batch_degree: fc.constant(1),
  ring_degree: fc.integer({ min: 1, max: 2 }),
  ulysses_degree: fc.integer({ min: 1, max: 2 }),
  rotate_method: fc.constantFrom("allgather", "alltoall"),
  convert_to_fp32: fc.constant(true),
});

/** Writes the model as `file` and compiles it with the plan of its base. */
export async function judge(
  file: string,
  model: Uint8Array,
  base: Base,
  parallel: MeshConfig,
): Promise<readonly string[]> {
  await writeFile(file, model);
  const { stages, diagnostics } = await compileStages({ model: file, plan: base.plan, parallel });
  const faults = faultsOf(stages.lowered !== undefined, diagnostics);
  if (stages.lowered === undefined || stages.sharded === undefined) return faults;
  return [...faults, ...(await wrongValues(stages.sharded, await feedsOf(base)))];
}

async function wrongValues(sharded: ShardedGraph, feeds: OrtTensors): Promise<readonly string[]> {
  if (withinLimits(() => isSmall(sharded, feeds)) !== true || !isSane(sharded)) return [];
  const report = await simulate(sharded, feeds);
  if (!report.ok) return faultsOf(false, report.diagnostics);
  return report.value.wrong === null ? [] : [`wrong value: ${report.value.wrong.diagnostic.message}`];
}

/** Beyond what weights are, the order of a sum decides its result, and no comparison tells anything. */
const LARGEST_WEIGHT = 100;
const MASKED: ReadonlySet<number> = new Set([-Infinity, -3.4028234663852886e38]);

function isSane({ graph }: ShardedGraph): boolean {
  return [...graph.constants.values()].every(
    (tensor) =>
      !/float/.test(tensor.elem) ||
      numbersOf(tensor)?.every((x) => Math.abs(x) <= LARGEST_WEIGHT || MASKED.has(x)) !== false,
  );
}

const LARGEST = 2 ** 22;

/** A damaged model may ask for more memory than there is; running it then proves nothing. */
function isSmall(sharded: ShardedGraph, feeds: OrtTensors): boolean {
  const lengths = checkLengths(sharded, feeds);
  if (!lengths.ok) return false;
  const known = { ...lengths.value, [RANK]: 0 };
  return [...sharded.graph.shapes.values()].every(
    ({ dims }) =>
      dims.every((dim) => symbolsOf(dim).every((symbol) => Object.hasOwn(known, symbol))) &&
      dims.reduce<number>((count, dim) => count * evaluate(dim, known), 1) <= LARGEST,
  );
}

/**
 * @file Compares the outputs of a split run with those of the unsplit model, at the precision in which the model computes them, and where
 * it rounds to whole numbers by how far noise moves the unsplit model itself. Knows no program.
 */
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { behindRounding } from "../../compiler/ir/rounding.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { spreadsOf } from "../../compiler/simulate/noise.ts";
import { mostExplained } from "../../compiler/simulate/tolerance.ts";
import type { Spread } from "../../compiler/simulate/types.ts";
import { OrtError } from "../../ort/session.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { compareOutputs, compareTensors, type Comparison } from "../../runtime/verify.ts";
import { weakestOf } from "./precision.ts";
import { canonicalValues, lengthsIn } from "./unsplit.ts";

/** `inputs` are those of both runs of the model in `file`. */
export async function compareRuns(
  file: string,
  inputs: OrtTensors,
  actual: OrtTensors,
  expected: OrtTensors,
): Promise<readonly Comparison[]> {
  const model = await canonicalModel(file);
  if (!model.ok) return compareOutputs(actual, expected);
  const compared = compareOutputs(actual, expected, weakestOf(model.value));
  const wrong = compared.filter(({ ok, problem }) => !ok && problem === null).map(({ name }) => name);
  const spreads = await spreadsIn(model.value, inputs, wrong);
  return compared.map((one) => withSpread(one, spreads.get(one.name), actual, expected));
}

/** Of the outputs `wrong` that are behind a rounding. */
async function spreadsIn(
  graph: CanonicalGraph,
  inputs: OrtTensors,
  wrong: readonly string[],
): Promise<ReadonlyMap<string, Spread>> {
  const behind = wrong.length === 0 ? new Set<string>() : behindRounding(graph);
  const wanted = new Set(wrong.filter((name) => behind.has(name)));
  const exact = wanted.size === 0 ? null : await canonicalValues(graph, inputs, wanted);
  if (exact === null) return new Map();
  try {
    return await spreadsOf(graph, inputs, lengthsIn(graph, inputs), wanted, exact);
  } catch (error) {
    if (error instanceof OrtError) return new Map();
    throw error;
  }
}

function withSpread(one: Comparison, spread: Spread | undefined, actual: OrtTensors, expected: OrtTensors): Comparison {
  const explained = spread === undefined ? 0 : mostExplained(spread);
  const { atol, rtol } = one.tolerance;
  if (explained <= atol) return one;
  const compared = compareTensors(one.name, actual[one.name], expected[one.name]!, { atol: explained, rtol });
  return { ...compared, because: "rounded to whole numbers inside: as far as noise moves the unsplit model" };
}

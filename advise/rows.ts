/**
 * @file The rows of one mesh: the plan as it is, and the plan with other schemes of its attention sites where they send fewer bytes. Measures
 * nothing.
 */
import type { Compilation } from "../compiler/compile.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import type { LoweredProgram } from "../compiler/lower/types.ts";
import type { MeshCompiler } from "../compiler/meshes.ts";
import { checkLengths } from "../program/lengths.ts";
import { ranksOf } from "../program/mesh.ts";
import { assess } from "./assess.ts";
import { configOf } from "./meshes.ts";
import type { CostModel, ImpossibleMesh, MeshAdvice, MeshChoice, SiteSchemes } from "./types.ts";

export type Row = Omit<MeshAdvice, "speedup"> | ImpossibleMesh;

/** One row or two; the diagnostics of a compilation that was aborted. */
export async function rowsOf(
  compiler: MeshCompiler,
  choice: MeshChoice,
  costs: CostModel,
): Promise<readonly Row[] | { readonly aborted: readonly Diagnostic[] }> {
  const mesh = configOf(choice);
  const plain = await compiler.compile(mesh);
  if (plain.stages.model === undefined) return { aborted: plain.diagnostics };
  const row = rowOf(plain, choice, null, costs);
  if (ranksOf(mesh) === mesh.batch_degree) return [row];
  const attention = compiler.betterSites(mesh, plain.stages.sharded);
  if (attention === null) return [row];
  const other = await compiler.compile(mesh, attention);
  if (other.stages.model === undefined) return { aborted: other.diagnostics };
  const better = rowOf(other, choice, attention, costs);
  return "sent" in better ? [row, better] : [row];
}

/** A mesh that compiles, or why it does not. */
function rowOf(
  { stages, diagnostics }: Compilation,
  choice: MeshChoice,
  attention: SiteSchemes | null,
  costs: CostModel,
): Row {
  const { lowered } = stages;
  const error = [...diagnostics, ...brokenLengths(lowered)].find(({ severity }) => severity === "error");
  if (error !== undefined) return { ...choice, code: error.code, reason: error.message };
  // Without an error there is a program.
  return { ...assess(lowered!, choice, {}, costs), attention };
}

function brokenLengths(lowered: LoweredProgram | undefined): readonly Diagnostic[] {
  if (lowered === undefined) return [];
  const dims = new Map(lowered.program.inputs.map((input) => [input.name, input.dims.map(Number)]));
  return checkLengths(lowered.program, (name) => dims.get(name)).diagnostics;
}

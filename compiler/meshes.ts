/**
 * @file One plan and one model compiled for many meshes: what does not depend on the mesh is done once. Knows no stage's logic.
 */
import { bindStages, isWhole, meshStages, readPlan } from "./compile.ts";
import type { Compilation, Front, FrontOptions } from "./compile.ts";
import { lowerMessages } from "./diagnostics/catalog/lower.ts";
import { diagnose, hasErrors, settle } from "./diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "./diagnostics/types.ts";
import { readModel } from "./graph/read.ts";
import { fitsMesh } from "./plan/validate/rules/content.ts";
import { schemesFitMesh } from "./plan/validate/rules/schemes.ts";
import type { MeshConfig } from "./plan/types.ts";
import { newRun } from "./run.ts";
import { lookSwapped } from "./swapped.ts";
import { Aborted } from "./turn.ts";

export interface MeshCompiler {
  /** What the stages before the mesh made. */
  readonly front: Front;
  /** As `compileStages` with this mesh. Writes nothing. */
  readonly compile: (mesh: MeshConfig) => Promise<Compilation>;
}

/** Runs the stages before the mesh. The diagnostics are theirs, and each compilation repeats them. */
export async function meshCompiler(options: FrontOptions): Promise<Result<MeshCompiler>> {
  const made = await orAborted(() => prepare(options));
  return "found" in made ? settle<MeshCompiler>(undefined, made.found) : made;
}

async function prepare(options: FrontOptions): Promise<Result<MeshCompiler>> {
  const swapped = lookSwapped(options.plan, options.model);
  if (swapped !== undefined) return settle<MeshCompiler>(undefined, [swapped]);
  const run = newRun(options);
  const read = await Promise.all([readPlan(options), readModel(options.model)]);
  const [plan, model] = [run.keep(read[0]), run.keep(read[1])];
  const front = plan && model ? await bindStages(plan, model, options, run) : {};
  if (!isWhole(front)) return settle<MeshCompiler>(undefined, run.found);
  const compile = async (mesh: MeshConfig): Promise<Compilation> => {
    const made = await orAborted(() => compileFor(front, mesh, options, run.found));
    return "found" in made ? { stages: {}, diagnostics: made.found } : made;
  };
  return settle({ front, compile }, run.found);
}

async function compileFor(
  front: Front,
  mesh: MeshConfig,
  options: FrontOptions,
  before: readonly Diagnostic[],
): Promise<Compilation> {
  const run = newRun(options, before);
  run.found.push(...fitsMesh(front.plan, mesh), ...schemesFitMesh(front.plan, mesh));
  const made = hasErrors(run.found) ? {} : await meshStages(front, mesh, {}, run);
  return { stages: { ...front, mesh, ...made }, diagnostics: run.found };
}

interface Ended {
  readonly found: readonly Diagnostic[];
}

async function orAborted<T>(work: () => Promise<T>): Promise<T | Ended> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    return { found: [diagnose(lowerMessages.aborted, {})] };
  }
}

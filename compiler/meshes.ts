/**
 * @file One plan and one model compiled for many meshes: what does not depend on the mesh is done once. Knows no stage's logic.
 */
import { bindStages, isWhole, meshStages, readPlan } from "./compile.ts";
import type { Compilation, FrontOptions } from "./compile.ts";
import { lowerMessages } from "./diagnostics/catalog/lower.ts";
import { diagnose, hasErrors } from "./diagnostics/diagnose.ts";
import type { Diagnostic } from "./diagnostics/types.ts";
import { readModel } from "./graph/read.ts";
import { fitsMesh } from "./plan/validate/rules/content.ts";
import type { MeshConfig } from "./plan/types.ts";
import { newRun } from "./run.ts";
import { lookSwapped } from "./swapped.ts";
import { Aborted } from "./turn.ts";

/**
 * Compiles for one mesh after the other, what does not depend on the mesh only once, and gives each result to `use`, as `compileStages` would
 * return it. The diagnostics are those of the stages before the mesh; with an error among them there is no result. Writes nothing.
 */
export async function compileMeshes(
  options: FrontOptions,
  meshes: readonly MeshConfig[],
  use: (mesh: MeshConfig, compilation: Compilation) => void,
): Promise<readonly Diagnostic[]> {
  try {
    const swapped = lookSwapped(options.plan, options.model);
    if (swapped !== undefined) return [swapped];
    const run = newRun(options);
    const read = await Promise.all([readPlan(options.plan), readModel(options.model)]);
    const [plan, model] = [run.keep(read[0]), run.keep(read[1])];
    const front = plan && model ? await bindStages(plan, model, options, run) : {};
    if (!isWhole(front)) return run.found;
    for (const mesh of meshes) {
      const own = newRun(options, run.found);
      own.found.push(...fitsMesh(front.plan, mesh));
      const made = hasErrors(own.found) ? {} : await meshStages(front, mesh, {}, own);
      use(mesh, { stages: { ...front, mesh, ...made }, diagnostics: own.found });
    }
    return run.found;
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    return [diagnose(lowerMessages.aborted, {})];
  }
}

/**
 * @file The pipeline on one screen: every stage by name, with the reason for its place. No stage's logic is here.
 */
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { bindPlan } from "./bind/bind.ts";
import type { BoundPlan } from "./bind/types.ts";
import { verifyBound } from "./bind/verify.ts";
import { canonicalise } from "./canonical/canonicalise.ts";
import { verifyCanonical } from "./canonical/verify.ts";
import { checked } from "./checked.ts";
import type { FixedShapes } from "./ir/lengths.ts";
import type { CanonicalGraph } from "./ir/types.ts";
import { caught } from "./diagnostics/error.ts";
import { lowerMessages } from "./diagnostics/catalog/lower.ts";
import { modelFileMessages } from "./diagnostics/catalog/model.ts";
import { diagnose, hasErrors, settle, forReport } from "./diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "./diagnostics/types.ts";
import { externalFiles } from "./graph/external-files.ts";
import { readModel } from "./graph/read.ts";
import type { Model } from "./graph/types.ts";
import { identifyFiles } from "../program/identity.ts";
import { lower } from "./lower/lower.ts";
import { writeProgram } from "./lower/write.ts";
import type { WriteOptions } from "./lower/write.ts";
import type { LoweredProgram } from "./lower/types.ts";
import { withEdits } from "./plan/edits/edits.ts";
import { fitsMesh } from "./plan/validate/rules/content.ts";
import { schemesFitMesh } from "./plan/validate/rules/schemes.ts";
import { readParallelConfig, readPlanFile, readPlanText, readPlanValue } from "./plan/read.ts";
import type { ContextParallelConfig, ContextParallelPlan, MeshConfig, ParallelConfig, Plan } from "./plan/types.ts";
import type { CompiledProgram, ProgramModel } from "../program/types.ts";
import { shard } from "./shard/shard.ts";
import type { ShardedGraph } from "./shard/types.ts";
import { verifySharded } from "./shard/verify.ts";
import { newRun } from "./run.ts";
import type { Run } from "./run.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary/folders.ts";
import { Aborted } from "./turn.ts";
import { lookSwapped } from "./swapped.ts";

/** What the stages before the mesh need. */
export interface FrontOptions {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Path of a `*.plan.json`, `.jsonc` or `.ts` file, or the plan itself. */
  readonly plan: string | ContextParallelPlan;
  /** The text of the plan, if it was read already; `plan` is then its name in diagnostics. */
  readonly planText?: string;
  /** Sizes of dynamic inputs, by name. */
  readonly shapes?: FixedShapes;
  /** Turns warnings and implicit decisions into errors. */
  readonly strict?: boolean;
  /** Ends the compilation at its next pause; then nothing is written. */
  readonly signal?: AbortSignal;
}

export interface CompileOptions extends FrontOptions {
  /** A `ParallelConfig` or a bare `ContextParallelConfig`; without one, `{ ulysses_degree: 2 }`. */
  readonly parallel?: ParallelConfig | ContextParallelConfig;
  /** Patterns of modules at whose boundaries user hooks may be registered. */
  readonly hooks?: readonly string[];
  /**
   * Folder of the program: new, empty, or with an earlier program and nothing else. Without one, a temporary folder that is removed with
   * its session, or else with the process.
   */
  readonly out?: string;
  /** Copies the model and its data files into that folder, which then needs nothing outside it. */
  readonly copyWeights?: boolean;
}

/** The result of each stage that ran. */
export interface Stages {
  readonly plan?: Plan;
  readonly mesh?: MeshConfig;
  readonly model?: Model;
  readonly canonical?: CanonicalGraph;
  readonly bound?: BoundPlan;
  readonly sharded?: ShardedGraph;
  readonly lowered?: LoweredProgram;
}

export interface Compilation {
  readonly stages: Stages;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs every stage, as far as the diagnostics and the signal allow. Writes nothing. */
export async function compileStages(options: CompileOptions): Promise<Compilation> {
  try {
    const { stages, diagnostics } = await runStages(options);
    const written = stages.plan?.written ?? null;
    return { stages, diagnostics: written === null ? diagnostics : withEdits(diagnostics, written) };
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    return { stages: {}, diagnostics: [diagnose(lowerMessages.aborted, {})] };
  }
}

/** What the stages before the mesh made. */
export interface Front {
  readonly plan: Plan;
  readonly model: Model;
  readonly canonical: CanonicalGraph;
  readonly bound: BoundPlan;
}

async function runStages(options: CompileOptions): Promise<Compilation> {
  // Separately, each would be refused with a misleading message.
  const swapped = lookSwapped(options.plan, options.model);
  if (swapped !== undefined) return { stages: {}, diagnostics: [swapped] };
  const run = newRun(options);
  // Plan, config and model are read first and independently, so that one run shows the errors of all three.
  const read = await Promise.all([readPlan(options), readMesh(options.parallel), readModel(options.model)]);
  const [plan, mesh, model] = [run.keep(read[0]), run.keep(read[1]), run.keep(read[2])];
  if (plan && mesh) run.found.push(...fitsMesh(plan, mesh), ...schemesFitMesh(plan, mesh));
  if (!plan || !mesh || !model || hasErrors(run.found)) return { stages: plan ? { plan } : {}, diagnostics: run.found };
  const front = await bindStages(plan, model, options, run);
  if (!isWhole(front)) return { stages: { mesh, ...front }, diagnostics: run.found };
  return { stages: { ...front, mesh, ...(await meshStages(front, mesh, options, run)) }, diagnostics: run.found };
}

/** The stages that do not depend on the mesh. */
export async function bindStages(plan: Plan, model: Model, { shapes }: FrontOptions, run: Run): Promise<Stages> {
  await run.pause();
  // Exporters' spellings are removed before any other stage reads the graph. ONNX Runtime folds constants, if it loads.
  const canonical = run.keep(
    checked("the canonical graph", verifyCanonical, await caught(canonicalise(model, shapes))),
  );
  if (!canonical) return { plan, model };
  await run.pause();
  // Binding needs module boundaries only, and leaves the plan as nodes of the graph.
  const bound = run.keep(checked("the bound plan", verifyBound, bindPlan(canonical, plan)));
  return { plan, model, canonical, ...(bound && { bound }) };
}

export function isWhole(stages: Stages): stages is Front {
  return stages.bound !== undefined;
}

/** The stages that depend on the mesh. */
export async function meshStages(
  { model, bound }: Front,
  mesh: MeshConfig,
  { hooks }: Pick<CompileOptions, "hooks">,
  run: Run,
): Promise<Pick<Stages, "sharded" | "lowered">> {
  await run.pause();
  // Propagation is the proof; what it cannot follow is refused here and nowhere later.
  const sharded = run.keep(checked("the sharded graph", verifySharded, shard(bound, { ...mesh, mesh })));
  if (!sharded) return {};
  await run.pause();
  // Lowering only arranges what is proven.
  const data = run.keep(await identifyData(model));
  if (!data) return { sharded };
  const context = { model, data, options: mesh, hooks: hooks ?? [], notes: notesOf(run.found) };
  const lowered = run.keep(lower(sharded, context));
  await run.pause();
  return { sharded, ...(lowered && { lowered }) };
}

export type CompileResult =
  | { readonly ok: true; readonly program: CompiledProgram; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Compiles a plan for a model and writes the program. Errors in the plan, the config or the model are diagnostics, not exceptions. */
export async function compilePlan(options: CompileOptions): Promise<CompileResult> {
  const { stages, diagnostics } = await compileStages(options);
  const { model, lowered } = stages;
  if (model === undefined || lowered === undefined) return { ok: false, diagnostics };
  const temporary = options.out === undefined;
  const folder = options.out === undefined ? temporaryFolder() : settle(options.out, []);
  if (!folder.ok) return { ok: false, diagnostics: [...diagnostics, ...folder.diagnostics] };
  const { signal, copyWeights: copyModel } = options;
  const written = await writeProgram(lowered, folder.value, { sources: sourcesOf(options, model), signal, copyModel });
  const all = [...diagnostics, ...written.diagnostics];
  if (written.ok) return { ok: true, program: { ...written.value, temporary }, diagnostics: all };
  if (temporary) removeTemporaryFolder(folder.value);
  return { ok: false, diagnostics: all };
}

/** The files that a program is made from. */
export function sourcesOf(
  { model, plan, planText }: CompileOptions,
  { graph }: Model,
): NonNullable<WriteOptions["sources"]> {
  return [model, ...(typeof plan === "string" && planText === undefined ? [plan] : []), ...externalFiles(graph)];
}

function temporaryFolder(): Result<string> {
  try {
    return settle(makeTemporaryFolder(), []);
  } catch (error) {
    return settle<string>(undefined, [
      diagnose(lowerMessages.cannotWrite, { folder: tmpdir(), reason: reasonOf(error) }),
    ]);
  }
}

/** The data files may have been removed since the model was read. */
async function identifyData({ file, folder, graph }: Model): Promise<Result<ProgramModel["data"]>> {
  try {
    return settle(await identifyFiles(externalFiles(graph), realpathSync(folder)), []);
  } catch (error) {
    const params = { file, reason: reasonOf(error) };
    return settle<ProgramModel["data"]>(undefined, [diagnose(modelFileMessages.unreadable, params, { file })]);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export async function readPlan({ plan, planText }: Pick<FrontOptions, "plan" | "planText">): Promise<Result<Plan>> {
  if (typeof plan !== "string") return readPlanValue(plan);
  return planText === undefined ? readPlanFile(plan) : readPlanText(planText, plan);
}

async function readMesh(parallel: CompileOptions["parallel"]): Promise<Result<MeshConfig>> {
  return readParallelConfig(parallel ?? { ulysses_degree: 2 });
}

function notesOf(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter((d) => d.severity !== "error").map(forReport);
}

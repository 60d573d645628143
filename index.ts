/**
 * @file The public entry: compile a plan, attach the program, run; and all of it in one call. Everything else is internal.
 */
import { type CompileOptions, compilePlan } from "./compiler/compile.ts";
import { ContextParallelError } from "./compiler/diagnostics/error.ts";
import type { ContextParallelConfig, ContextParallelPlan, ParallelConfig } from "./compiler/plan/types.ts";
import { removeTemporaryFolder } from "./compiler/temporary/folders.ts";
import { attach, type AttachOptions } from "./runtime/attach/attach.ts";
import { attachCall, checkOptions } from "./runtime/caller/check-options.ts";
import type { Session } from "./runtime/caller/session.ts";

export { advise } from "./advise/advise.ts";
export type {
  Advice,
  AdviseOptions,
  AdviseProgress,
  CostModel,
  DevicesAdvice,
  ImpossibleMesh,
  MeshAdvice,
  MeshChoice,
  SiteSchemes,
  TimeParts,
} from "./advise/types.ts";
export { compilePlan } from "./compiler/compile.ts";
export type { CompileOptions, CompileResult } from "./compiler/compile.ts";
export { ContextParallelError } from "./compiler/diagnostics/error.ts";
export { formatDiagnostics } from "./compiler/diagnostics/format.ts";
export type { FormatOptions } from "./compiler/diagnostics/format.ts";
export type { Colors } from "./compiler/diagnostics/render.ts";
export type { Diagnostic, Position, Related, Result, Severity, Span } from "./compiler/diagnostics/types.ts";
export { inferPlan } from "./infer/infer.ts";
export type { InferOptions, InferResult } from "./infer/infer.ts";
export { inspectModel } from "./compiler/inspect/model.ts";
export type { InspectedModule, InspectedValue, Inspection, InspectOptions } from "./compiler/inspect/model.ts";
export { definePlan } from "./compiler/plan/define.ts";
export type {
  AttentionScheme,
  ContextParallelConfig,
  ContextParallelEntry,
  ContextParallelInput,
  ContextParallelInputs,
  ContextParallelOutput,
  ContextParallelOutputs,
  ContextParallelPlan,
  ParallelConfig,
} from "./compiler/plan/types.ts";
export type { CompiledProgram, Program, ProgramHook } from "./program/types.ts";
export { attach } from "./runtime/attach/attach.ts";
export type { AttachOptions, DeviceName, World } from "./runtime/attach/attach.ts";
export type { ProviderOption } from "./runtime/attach/provider-options.ts";
export type { RankSessionOptions } from "./runtime/attach/session-options.ts";
export type { Backend } from "./runtime/attach/engine.ts";
export type { Feeds } from "./runtime/caller/check-inputs.ts";
export type { HookEntry, RegisterOptions, SessionHooks } from "./runtime/caller/hooks.ts";
export { loadProgram } from "./runtime/load/load.ts";
export type { TensorMetadata } from "./runtime/caller/metadata.ts";
export type { Outputs } from "./runtime/caller/outputs.ts";
export type { HookContext, HookHandler } from "./runtime/rank/handlers.ts";
export type { Fetches, Progress, RunOptions } from "./runtime/caller/run-options.ts";
export type { Session } from "./runtime/caller/session.ts";
export type { RunStats } from "./runtime/caller/stats.ts";
export type { TensorLike } from "./runtime/tensor.ts";

export type ApplyOptions = Omit<CompileOptions, "model" | "plan" | "parallel"> & AttachOptions;

/**
 * Compiles `plan` for the ONNX file `model` and attaches the program. Throws `ContextParallelError` with every diagnostic; then no rank and
 * no temporary folder remains.
 */
export async function applyContextParallel(
  model: string,
  parallel: ParallelConfig | ContextParallelConfig,
  plan: string | ContextParallelPlan,
  options: ApplyOptions = {},
): Promise<Session> {
  const misused = checkOptions(attachCall, options);
  if (misused.length > 0) throw new ContextParallelError(misused);
  const compiled = await compilePlan({ ...options, model, plan, parallel });
  if (!compiled.ok) throw new ContextParallelError(compiled.diagnostics);
  const { folder, temporary } = compiled.program;
  try {
    return await attach(compiled.program, options);
  } catch (error) {
    if (temporary) removeTemporaryFolder(folder);
    throw error;
  }
}

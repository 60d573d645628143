/**
 * @file The pipeline on one screen: every stage by name, with the reason for its place. No stage's logic is here.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindPlan } from "./bind/bind.ts";
import type { BoundPlan } from "./bind/types.ts";
import { verifyBound } from "./bind/verify.ts";
import { canonicalise } from "./canonical/canonicalise.ts";
import { verifyCanonical } from "./canonical/verify.ts";
import { checked } from "./checked.ts";
import type { FixedShapes } from "./ir/lengths.ts";
import type { CanonicalGraph } from "./ir/types.ts";
import { hasErrors, strictly } from "./diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "./diagnostics/types.ts";
import { externalFiles } from "./graph/external-files.ts";
import { readModel } from "./graph/read.ts";
import type { Model } from "./graph/types.ts";
import { identifyFiles } from "../program/identity.ts";
import { lower } from "./lower/lower.ts";
import { writeProgram } from "./lower/write.ts";
import type { LoweredProgram } from "./lower/types.ts";
import { readParallelConfig, readPlanFile, readPlanValue } from "./plan/read.ts";
import type { ContextParallelPlan, MeshConfig, Plan } from "./plan/types.ts";
import type { CompiledProgram } from "../program/types.ts";
import { shard } from "./shard/shard.ts";
import type { ShardedGraph } from "./shard/types.ts";
import { verifySharded } from "./shard/verify.ts";
import { isImplicit } from "./strict.ts";

export interface CompileOptions {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Path of a `*.plan.json`, `.jsonc` or `.ts` file, or the plan itself. */
  readonly plan: string | ContextParallelPlan;
  /** A `ParallelConfig` or a bare `ContextParallelConfig`; without one, `{ ulysses_degree: 2 }`. */
  readonly parallel?: unknown;
  /** Sizes of dynamic inputs, by name. */
  readonly shapes?: FixedShapes;
  /** Makes warnings and implicit decisions errors. */
  readonly strict?: boolean;
  /** Patterns of modules at whose boundaries user hooks may be registered. */
  readonly hooks?: readonly string[];
  /** Folder of the program; without one, a temporary folder that its session removes. */
  readonly out?: string;
}

/** What each stage made, as far as it came. */
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

/** Runs every stage, as far as the diagnostics allow. Writes nothing. */
export async function compileStages(options: CompileOptions): Promise<Compilation> {
  const found: Diagnostic[] = [];
  const keep = <T>(result: Result<T>): T | undefined => {
    found.push(...(options.strict ? strictly(result.diagnostics, isImplicit) : result.diagnostics));
    return result.ok && !hasErrors(found) ? result.value : undefined;
  };
  // Plan, config and model are read first and apart, so that one run shows the mistakes of all three.
  const read = await Promise.all([readPlan(options.plan), readMesh(options.parallel), readModel(options.model)]);
  const [plan, mesh, model] = [keep(read[0]), keep(read[1]), keep(read[2])];
  if (!plan || !mesh || !model || hasErrors(found)) return { stages: {}, diagnostics: found };
  let stages: Stages = { plan, mesh, model };
  const done = (): Compilation => ({ stages, diagnostics: found });
  // Exporters' spellings go before anything looks at the graph.
  const canonical = keep(checked("the canonical graph", verifyCanonical, await canonicalise(model, options.shapes)));
  if (!canonical) return done();
  stages = { ...stages, canonical };
  // Binding needs module boundaries only, and leaves the plan as nodes of the graph.
  const bound = keep(checked("the bound plan", verifyBound, bindPlan(canonical, plan)));
  if (!bound) return done();
  stages = { ...stages, bound };
  // Propagation is the proof; what it cannot follow is refused here and nowhere later.
  const sharded = keep(checked("the sharded graph", verifySharded, shard(bound, { ...mesh, mesh })));
  if (!sharded) return done();
  stages = { ...stages, sharded };
  // Lowering only arranges what is proven.
  const data = await identifyFiles(externalFiles(model.graph), realpathSync(model.folder));
  const lowered = keep(
    lower(sharded, { model, data, options: mesh, hooks: options.hooks ?? [], notes: notesOf(found) }),
  );
  return lowered ? { stages: { ...stages, lowered }, diagnostics: found } : done();
}

export type CompileResult =
  | { readonly ok: true; readonly program: CompiledProgram; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Compiles a plan for a model and writes the program. Mistakes of the plan, the config or the model are diagnostics, not exceptions. */
export async function compilePlan(options: CompileOptions): Promise<CompileResult> {
  const { stages, diagnostics } = await compileStages(options);
  if (stages.lowered === undefined) return { ok: false, diagnostics };
  const folder = options.out ?? mkdtempSync(join(tmpdir(), "onnx-cp-"));
  const written = writeProgram(stages.lowered, folder);
  const all = [...diagnostics, ...written.diagnostics];
  if (!written.ok) {
    if (options.out === undefined) rmSync(folder, { recursive: true, force: true });
    return { ok: false, diagnostics: all };
  }
  return { ok: true, program: { ...written.value, temporary: options.out === undefined }, diagnostics: all };
}

async function readPlan(plan: CompileOptions["plan"]): Promise<Result<Plan>> {
  return typeof plan === "string" ? readPlanFile(plan) : readPlanValue(plan);
}

async function readMesh(parallel: unknown): Promise<Result<MeshConfig>> {
  return readParallelConfig(parallel ?? { ulysses_degree: 2 });
}

function notesOf(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter((d) => d.severity !== "error");
}

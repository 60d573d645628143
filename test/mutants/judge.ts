/**
 * @file Compiles a mutant for a mesh, lets the simulator compare every value, and returns the outcome. Knows nothing of mutations.
 */
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { verifyProgram } from "../../program/verify.ts";
import type { Model } from "../../compiler/graph/types.ts";
import { settle } from "../../compiler/diagnostics/diagnose.ts";
import { schemesFitMesh } from "../../compiler/plan/validate/rules/schemes.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { fixtureModel, valueOf } from "../support/fixtures.ts";
import { canonicalise, bindPlan, shard } from "../support/stages.ts";

export type Outcome = "ran" | "refused" | "wrong" | "crashed" | "hung";

export interface Verdict {
  readonly outcome: Outcome;
  /** Codes of errors, the wrong value, or the exception. */
  readonly why: string;
}

export const RAN: Verdict = { outcome: "ran", why: "" };

export interface Source {
  readonly model: Model;
  readonly canonical: CanonicalGraph;
}

/** Longer than this, a mutant hangs: a good plan takes a second. */
const LIMIT_MS = 60_000;

export async function sourceOf(file: string): Promise<Source> {
  const model = await fixtureModel(file);
  return { model, canonical: valueOf(await canonicalise(model)) };
}

/** What becomes of a plan on whole `feeds`. */
export async function judge(
  source: Source,
  plan: ContextParallelPlan,
  mesh: MeshConfig,
  feeds: OrtTensors,
): Promise<Verdict> {
  return timed(async () => {
    const compiled = await compile(source, plan, mesh);
    return compiled.ok ? run(compiled.value, feeds) : refused(compiled.diagnostics);
  });
}

/** What becomes of feeds under a plan that is good. */
export async function judgeFeeds(graph: ShardedGraph, feeds: OrtTensors): Promise<Verdict> {
  return timed(() => run(graph, feeds));
}

/** Every stage to the program; nothing is written. */
export async function compile(
  { model, canonical }: Source,
  plan: ContextParallelPlan,
  mesh: MeshConfig,
): Promise<Result<ShardedGraph>> {
  const read = await readPlanValue(plan);
  if (!read.ok) return read;
  const misfits = schemesFitMesh(read.value, mesh);
  if (misfits.length > 0) return settle<ShardedGraph>(undefined, misfits);
  const bound = bindPlan(canonical, read.value);
  if (!bound.ok) return bound;
  const sharded = shard(bound.value, { ...mesh, mesh });
  if (!sharded.ok) return sharded;
  const lowered = lower(sharded.value, { model, data: [], options: mesh, hooks: [], notes: [] });
  if (!lowered.ok) return lowered;
  const problems = verifyProgram(lowered.value.program);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return sharded;
}

async function run(graph: ShardedGraph, feeds: OrtTensors): Promise<Verdict> {
  const report = await simulate(graph, feeds);
  if (!report.ok) return refused(report.diagnostics);
  const { wrong, differences } = report.value;
  if (wrong !== null) return { outcome: "wrong", why: wrong.diagnostic.message };
  const missed = graph.graph.outputs.filter((name) => !differences.has(name));
  return missed.length === 0 ? RAN : { outcome: "wrong", why: `not compared: ${missed.join(", ")}` };
}

/** An exception is a crash, and more than `LIMIT_MS` a hang. */
export async function timed(work: () => Promise<Verdict>): Promise<Verdict> {
  const begun = performance.now();
  const verdict = await work().catch((error: unknown): Verdict => ({
    outcome: "crashed",
    why: error instanceof Error ? (error.stack ?? "") : String(error),
  }));
  const took = performance.now() - begun;
  return took < LIMIT_MS ? verdict : { outcome: "hung", why: `${Math.round(took)} ms` };
}

export function refused(diagnostics: readonly Diagnostic[]): Verdict {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return { outcome: "crashed", why: "refused without an error" };
  return {
    outcome: "refused",
    why: errors
      .map(({ code, message }) => `${code} ${message}`)
      .slice(0, 2)
      .join("; "),
  };
}

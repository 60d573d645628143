/**
 * @file One cell of the matrix: a member under a scheme, compiled, simulated and run, against the unsplit model.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { SimulateOptions, SimulationReport } from "../../compiler/simulate/types.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { createSession, OrtError } from "../../ort/session.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attach, type AttachOptions } from "../../runtime/attach/attach.ts";
import type { RunStats } from "../../runtime/caller/stats.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { modelOf, planOf, type FamilyMember } from "./family.ts";
import type { Scheme } from "./schemes.ts";
import { canonicalise, bindPlan, shard } from "../support/stages.ts";

/** A member's model on disk, with what all schemes share. */
export interface Prepared {
  readonly member: FamilyMember;
  readonly file: string;
  readonly bound: BoundPlan;
  readonly remove: () => Promise<void>;
}

export async function prepare(member: FamilyMember): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), "onnx-cp-member-"));
  const file = join(folder, "model.onnx");
  await writeFile(file, modelOf(member));
  const canonical = valueOf(await canonicalise(valueOf(await readModel(file))));
  const bound = valueOf(bindPlan(canonical, valueOf(await readPlanValue(planOf(member)))));
  return { member, file, bound, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function sharded({ bound }: Prepared, { batch = 1, ring, ulysses, rotate }: Scheme): Result<ShardedGraph> {
  const mesh = { batch_degree: batch, ring_degree: ring, ulysses_degree: ulysses };
  return shard(bound, { mesh, rotate_method: rotate, convert_to_fp32: true });
}

export async function simulated(
  graph: ShardedGraph,
  feeds: OrtTensors,
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  return valueOf(await simulate(graph, feeds, options));
}

export function codesOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return [...new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code))];
}

export interface Ran {
  /** Largest |a - b| over all outputs, NaN and infinities equal to themselves; infinite for another shape. */
  readonly difference: number;
  readonly stats: RunStats;
}

/** Runs the member on worker threads for each of the feeds, against the model as onnxruntime has it. */
export async function run(
  { member, file }: Prepared,
  { batch = 1, ring, ulysses, rotate }: Scheme,
  all: readonly OrtTensors[],
  options: AttachOptions = {},
): Promise<readonly Ran[]> {
  const parallel = { batch_degree: batch, ring_degree: ring, ulysses_degree: ulysses, rotate_method: rotate };
  const compiled = await compilePlan({ model: file, plan: planOf(member), parallel });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const session = await attach(compiled.program, options);
  try {
    const ran: Ran[] = [];
    for (const feeds of all) {
      const outputs = await session.run(
        Object.fromEntries(Object.entries(feeds).map(([name, x]) => [name, { ...x, type: x.elem }])),
      );
      const own = Object.fromEntries(
        Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { elem: type, dims, data } as OrtTensor]),
      );
      const compared = compareOutputs(own, await unsplit(member, file, feeds));
      ran.push({ difference: Math.max(...compared.map((c) => c.largest_absolute)), stats: session.lastRun! });
    }
    return ran;
  } finally {
    await session.release();
  }
}

/** What onnxruntime makes of the model, or of the same mathematics in single operators where it refuses an operator's mask. */
export async function unsplit(member: FamilyMember, file: string, feeds: OrtTensors): Promise<OrtTensors> {
  const compute = async (model: string | Uint8Array): Promise<OrtTensors> => {
    const session = await createSession(model);
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  };
  try {
    return await compute(file);
  } catch (error) {
    if (!(error instanceof OrtError) || member.spelling === "decomposed") throw error;
    return compute(modelOf({ ...member, spelling: "decomposed", guarded: member.mask !== "none" }));
  }
}

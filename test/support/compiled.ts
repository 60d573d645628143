/**
 * @file From an export and a plan to the objects of a test: the sharded graph, the compiled program, a session, the unsplit outputs.
 */
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { readPlanFile, readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import type { CompiledProgram } from "../../program/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { unsplitSession } from "../../cli/run/unsplit.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { temporaryFolder } from "./files.ts";
import { fixture, fixtureModel, texts, valueOf } from "./fixtures.ts";
import { canonicalise, bindPlan, shard } from "./stages.ts";

export type AnyPlan = string | ContextParallelPlan;

/** Path of the plan that is shipped for a family. */
export function shippedPlan(family: string): string {
  return fileURLToPath(new URL(`../../plans/${family}.plan.json`, import.meta.url));
}

const bound = new Map<string, Promise<BoundPlan>>();

/** The stages before the mesh matters, once for all meshes. `file` is relative to the fixtures. */
export function boundFixture(file: string, plan: AnyPlan): Promise<BoundPlan> {
  const key = JSON.stringify([file, plan]);
  const made = bound.get(key) ?? bind(file, plan);
  bound.set(key, made);
  return made;
}

async function bind(file: string, plan: AnyPlan): Promise<BoundPlan> {
  const canonical = valueOf(await canonicalise(await fixtureModel(file)));
  return valueOf(
    bindPlan(canonical, valueOf(typeof plan === "string" ? await readPlanFile(plan) : readPlanValue(plan))),
  );
}

export async function shardedFixture(file: string, plan: AnyPlan, mesh: MeshConfig): Promise<ShardedGraph> {
  return valueOf(shard(await boundFixture(file, plan), { ...mesh, mesh }));
}

/** The compiled program, in a folder that goes when the test ends. */
export async function compiledFixture(file: string, plan: AnyPlan, mesh: MeshConfig): Promise<CompiledProgram> {
  const out = `${await temporaryFolder()}/program`;
  const compiled = await compilePlan({ model: fixture(file), plan, parallel: mesh, out });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  return compiled.program;
}

/** A session of a compiled program, released when the test ends. */
export async function sessionOf(compiled: CompiledProgram): Promise<Session> {
  const session = await attach(compiled);
  onTestFinished(() => session.release());
  return session;
}

/** Outputs of a run as the project's own tensors. */
export async function outputsOf(session: Session, feeds: OrtTensors): Promise<OrtTensors> {
  const given = Object.entries(feeds).map(([name, { elem, ...rest }]) => [name, { type: elem, ...rest }] as const);
  const outputs = Object.entries(await session.run(Object.fromEntries(given)));
  return Object.fromEntries(
    outputs.map(([name, { type, dims, data }]) => [name, { elem: type, dims, data } as OrtTensor]),
  );
}

const unsplit = new Map<string, Promise<OrtTensors>>();

/** What the unsplit model gives, once for each file and `size`, the name of the feeds. */
export function unsplitOutputs(file: string, size: string, feeds: OrtTensors): Promise<OrtTensors> {
  const key = `${file} ${size}`;
  const made = unsplit.get(key) ?? runUnsplit(file, feeds);
  unsplit.set(key, made);
  return made;
}

async function runUnsplit(file: string, feeds: OrtTensors): Promise<OrtTensors> {
  const session = await unsplitSession(fixture(file), 1);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Names of outputs that are further from the expected ones than |a - b| <= 1e-4 + 1e-4 |b| allows, with what is wrong. */
export function wrongOutputs(actual: OrtTensors, expected: OrtTensors): readonly string[] {
  return compareOutputs(actual, expected)
    .filter(({ ok }) => !ok)
    .map(({ name, problem, largest_absolute: largest }) => `${name}: ${problem ?? `off by ${largest}`}`);
}

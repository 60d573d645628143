/**
 * @file Programs of fixture models for jobs, with the bits of their outputs under threads. Knows no launcher.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { toFeeds } from "../../../cli/run/tensors.ts";
import { compilePlan } from "../../../compiler/compile.ts";
import type { CompiledProgram } from "../../../program/types.ts";
import { attach } from "../../../runtime/attach/attach.ts";
import type { Session } from "../../../runtime/caller/session.ts";
import { shippedPlan } from "../../support/compiled.ts";
import type { AnyPlan } from "../../support/compiled.ts";
import { fixture, fixtureTensors, texts } from "../../support/fixtures.ts";
import { meshes } from "../../support/meshes.ts";
import type { MeshName } from "../../support/meshes.ts";

/** A fixture model and a mesh. */
export interface Case {
  readonly family: string;
  /** `flux-b.dynamo18-dynamic` */
  readonly model: string;
  /** `flux-b.batch2-img35-txt11`, ... */
  readonly samples: readonly string[];
  readonly mesh: MeshName;
}

/** A case as a job gets it. */
export interface Ordered {
  /** Folder of the program. */
  readonly program: string;
  /** Files with feeds. */
  readonly samples: readonly string[];
}

/** An export with a dynamic batch, or a batch of 2, for each family. */
export const families: readonly Omit<Case, "mesh">[] = [
  ["chronoedit", "chronoedit", "batch2-frames5-height6-width14"],
  ["flux", "flux-b", "batch2-img35-txt11", "batch2-img48-txt20"],
  ["flux2", "flux2", "batch2-img67-txt13"],
  ["helios", "helios", "batch2-frames3-height6-width14"],
  ["ltx", "ltx-cfg", "img35-txt11"],
  ["ltx2", "ltx2-cfg", "img35-audio13-txt11"],
  ["minimax_h3", "minimax_h3", "batch2-img67-audio23-txt13"],
  ["qwenimage", "qwenimage", "batch2-txt13"],
  ["wan", "wan", "batch2-frames5-height6-width14"],
].map(([family = "", model = "", ...sizes]) => ({
  family,
  model: `${model}.dynamo18-dynamic`,
  samples: sizes.map((size) => `${model}.${size}`),
}));

export function ranksOf(mesh: MeshName): number {
  const { batch_degree, ring_degree, ulysses_degree } = meshes[mesh];
  return batch_degree * ring_degree * ulysses_degree;
}

export function nameOf({ model, mesh }: Case): string {
  return `${model.split(".")[0]} on ${mesh}`;
}

let folder: string | undefined;
const compiled = new Map<string, Promise<CompiledProgram>>();

/** Compiled once for a test file; the folder goes with the file's last test. */
export function programOf(given: Case, plan: AnyPlan = shippedPlan(given.family)): Promise<CompiledProgram> {
  const name = `${nameOf(given)} ${typeof plan === "string" ? "" : JSON.stringify(plan)}`;
  const made = compiled.get(name) ?? compile(given, plan);
  compiled.set(name, made);
  return made;
}

async function compile({ family, model, mesh }: Case, plan: AnyPlan): Promise<CompiledProgram> {
  folder ??= mkdtempSync(join(tmpdir(), "onnx-cp-test-"));
  const out = join(folder, `program${compiled.size}`);
  const hooks = family === "flux" ? ["transformer_blocks.0"] : [];
  const source = fixture(`${family}/${model}.onnx`);
  const made = await compilePlan({ model: source, plan, parallel: meshes[mesh], hooks, out });
  if (!made.ok) throw new Error(texts(made.diagnostics).join("\n"));
  return made.program;
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

export async function ordered(given: Case): Promise<Ordered> {
  const { folder: program } = await programOf(given);
  return { program, samples: given.samples.map((sample) => fixture(`${given.family}/${sample}.inputs.npz`)) };
}

/** One hash for the bits of all outputs, for each sample: as `hashOf` of the jobs. */
export async function hashesOfThreads(given: Case): Promise<readonly string[]> {
  const session = await attach(await programOf(given));
  const hashes: string[] = [];
  for (const sample of given.samples) {
    const feeds = await fixtureTensors(`${given.family}/${sample}.inputs.npz`);
    hashes.push(hashOf(await session.run(toFeeds(feeds))));
  }
  await session.release();
  return hashes;
}

export function hashOf(outputs: Awaited<ReturnType<Session["run"]>>): string {
  const hash = createHash("sha256");
  for (const [name, { type, dims, data }] of Object.entries(outputs).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, type, dims]));
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

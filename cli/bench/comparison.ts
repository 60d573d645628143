/**
 * @file What is compared: a program on its ranks, and the unsplit model in one session with as many threads, on the same inputs. Measures
 * nothing.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { encodeNpz } from "../../ort/files/npz.ts";
import type { DeviceName } from "../../ort/devices/names.ts";
import type { OrtTensors } from "../../ort/types.ts";
import type { Lengths } from "../../program/lengths.ts";
import { ranksOf } from "../../program/mesh.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { checkInputs } from "../../runtime/caller/check-inputs.ts";
import { toFeeds } from "../run/tensors.ts";
import type { Side } from "./sides/process.ts";
import type { SplitSide } from "./sides/protocol.ts";

export interface Subject {
  readonly compiled: CompiledProgram;
  /** File of the unsplit model. */
  readonly model: string;
  readonly feeds: OrtTensors;
}

export interface Comparison {
  readonly program: Program;
  /** Path of the unsplit model. */
  readonly model: string;
  /** For files of the measurement. */
  readonly folder: string;
  readonly lengths: Lengths;
  readonly inputs: readonly InputShape[];
  readonly threads: Threads;
  readonly plain: Side;
  readonly split: Side;
}

export interface InputShape {
  readonly name: string;
  readonly elem: string;
  readonly shape: readonly number[];
}

export interface Threads {
  /** Cores that this process may use. */
  readonly cores: number;
  /** Of each rank, as `attach` chooses them. */
  readonly rank: number;
  /** Of the plain session: as many as all ranks together, but no more than there are cores. */
  readonly plain: number;
}

export function threadsFor(ranks: number, cores: number = availableParallelism()): Threads {
  const rank = Math.max(1, Math.floor(cores / ranks));
  return { cores, rank, plain: Math.min(cores, ranks * rank) };
}

/** Writes the feeds to `folder`. Fails if they do not fit the program. */
export function comparisonOf(
  { compiled, model, feeds }: Subject,
  devices: readonly DeviceName[] | null,
  folder: string,
  backend: SplitSide["backend"] = null,
): Result<Comparison> {
  const { program, folder: path } = compiled;
  const inputs = checkInputs(program, toFeeds(feeds));
  if (!inputs.ok) return inputs;
  const file = join(folder, "feeds.npz");
  writeFileSync(file, encodeNpz(feeds));
  const common = { feeds: file, profile: null };
  const threads = threadsFor(ranksOf(program.mesh));
  const plain = {
    ...common,
    kind: "plain",
    model: resolve(model),
    threads: threads.plain,
    device: devices?.[0] ?? "cpu",
  } as const;
  const split = { ...common, kind: "split", program: path, devices, backend } as const;
  return settle(
    {
      program,
      model: plain.model,
      folder,
      lengths: inputs.value.lengths,
      inputs: [...inputs.value.feeds].map(([name, { elem, dims }]) => ({ name, elem, shape: dims })),
      threads,
      plain: { name: "the plain session", config: plain },
      split: { name: "the split program", config: split },
    },
    inputs.diagnostics,
  );
}

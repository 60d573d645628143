/**
 * @file The results of the benchmark as one JSON file, which the page is made from. Written after every case, so that an interrupted
 * benchmark resumes. Measures nothing.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { createRequire } from "node:module";
import type { Breakdown } from "../cli/bench/breakdown.ts";
import type { Ratios, SideResult } from "../cli/bench/result.ts";

/** In generic words: what a reader needs to compare. */
export interface Machine {
  readonly cores: number;
  /** `AVX-512`, `AVX2`, or `null` where the system does not tell. */
  readonly vectors: string | null;
  readonly memory_gib: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
}

export interface MeasuredSide extends SideResult {
  /** To the plain session of the same rounds. */
  readonly ratios: Ratios;
  /** `null` for what is not split. */
  readonly breakdown: Breakdown | null;
  /** Largest absolute difference of an output to the plain session; `null` where the outputs mean nothing. */
  readonly difference: number | null;
}

export interface CaseResult {
  readonly rounds: number;
  readonly threads: { readonly plain: number; readonly rank: number };
  /** By rank; as the formula has it. */
  readonly bytes_sent: readonly number[];
  readonly plain: SideResult;
  readonly sides: Readonly<Record<string, MeasuredSide>>;
}

/** The matrix products of a plain session. */
export interface LimitResult {
  /** Products with weights: milliseconds inside the model, and of the same products alone in a session. */
  readonly products: { readonly gflop: number; readonly inside: number; readonly alone: number };
  /** Attention: operations of its two products, and milliseconds inside the model. */
  readonly attention: { readonly gflop: number; readonly inside: number };
  /** All operators of the plain session. */
  readonly total: number;
}

/** diffusers with torch: medians in milliseconds. */
export interface ReferenceResult {
  readonly torch: string;
  readonly diffusers: string;
  readonly rounds: number;
  readonly plain: number;
  readonly ulysses2: number;
}

export interface Results {
  readonly machine: Machine;
  readonly cases: Readonly<Record<string, CaseResult>>;
  readonly limits: Readonly<Record<string, LimitResult>>;
  readonly references: Readonly<Record<string, ReferenceResult>>;
  /** Milliseconds that `advise` predicts, by case; made with the page. */
  readonly predictions?: Readonly<Record<string, number>>;
}

export function readResults(file: string): Results {
  if (!existsSync(file)) return { machine: thisMachine(), cases: {}, limits: {}, references: {} };
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

export function writeResults(file: string, results: Results): void {
  const text = JSON.stringify(results, (_, value: unknown) => rounded(value), 2);
  writeFileSync(`${file}.new`, `${text}\n`);
  renameSync(`${file}.new`, file);
}

/** Four significant digits are more than any measurement repeats. */
function rounded(value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

/** Results of another machine must not be mixed with those of this one. */
export function isSameMachine(a: Machine, b: Machine): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function thisMachine(): Machine {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { readonly version: string };
  return {
    cores: availableParallelism(),
    vectors: vectorsOf(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    onnxruntime: version,
  };
}

function vectorsOf(): string | null {
  try {
    const flags = readFileSync("/proc/cpuinfo", "utf8");
    if (/\bavx512f\b/.test(flags)) return "AVX-512";
    return /\bavx2\b/.test(flags) ? "AVX2" : null;
  } catch {
    return null;
  }
}

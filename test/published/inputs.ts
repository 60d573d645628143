/**
 * @file The plans that other projects publish, as read from this folder: one JSON file for each project. Knows no stage of the compiler.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";

/** A published plan in this project's spelling. */
export interface PublishedPlan {
  readonly class: string;
  /** In the source's repository. */
  readonly file: string;
  /** Where it differs from the version of the source. */
  readonly commit?: string;
  /** Committed exports of the class, relative to `test/`. */
  readonly exports: readonly string[];
  /** Name of the plan in `plans/`. */
  readonly shipped: string;
  /** What the conversion changed or left out. */
  readonly remark?: string;
  readonly plan: ContextParallelPlan;
}

export interface Source {
  readonly project: string;
  /** Address of its repository. */
  readonly source: string;
  readonly version: string;
  readonly plans: readonly PublishedPlan[];
  /** Classes of diffusers whose plan is not compared, with the reason. */
  readonly absent: readonly { readonly class: string; readonly reason: string }[];
}

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Every source, in order of its file's name. */
export function sources(): readonly Source[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.sort().map((name) => JSON.parse(readFileSync(`${folder}${name}`, "utf8")) as Source);
}

/** One plan on one of its exports. */
export interface Case {
  readonly source: Source;
  readonly published: PublishedPlan;
  readonly file: string;
}

export function cases(): readonly Case[] {
  return sources().flatMap((source) =>
    source.plans.flatMap((published) => published.exports.map((file) => ({ source, published, file }))),
  );
}

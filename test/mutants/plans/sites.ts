/**
 * @file A plan as a flat list of its specs, which mutations edit one by one, and back to a plan. Knows nothing of models.
 */
import type {
  ContextParallelEntry,
  ContextParallelInput,
  ContextParallelOutput,
  ContextParallelPlan,
} from "../../../compiler/plan/types.ts";

/** One spec of a plan: under a parameter or an output index (`key`), or as the gather of its module (`key` is null). */
export type Site =
  | { readonly module: string; readonly key: string; readonly spec: ContextParallelInput }
  | { readonly module: string; readonly key: null; readonly spec: ContextParallelOutput };

export type SplitSite = Extract<Site, { readonly key: string }>;
export type GatherSite = Extract<Site, { readonly key: null }>;

/** In the order of the plan. A list of specs is not taken apart: no plan of ours has one. */
export function sitesOf(plan: ContextParallelPlan): readonly Site[] {
  return Object.entries(plan).flatMap(([module, entry]) => {
    if (entry === undefined || typeof entry === "string") return [];
    const halves = Array.isArray(entry)
      ? (entry as readonly Exclude<ContextParallelEntry, readonly unknown[]>[])
      : [entry];
    return halves.flatMap((half): readonly Site[] =>
      isGather(half)
        ? [{ module, key: null, spec: half }]
        : Object.entries(half).map(([key, spec]) => ({ module, key, spec: spec as ContextParallelInput })),
    );
  });
}

export function planOf(sites: readonly Site[]): ContextParallelPlan {
  const modules = [...new Set(sites.map(({ module }) => module))];
  return Object.fromEntries(modules.map((module) => [module, entryOf(sites.filter((site) => site.module === module))]));
}

export function isSplit(site: Site): site is SplitSite {
  return site.key !== null;
}

/** `rope.0`, `proj_out` */
export function nameOf({ module, key }: Site): string {
  return key === null ? module : `${module}.${key}`;
}

function isGather(half: unknown): half is ContextParallelOutput {
  return typeof (half as Partial<ContextParallelOutput>).gather_dim === "number";
}

function entryOf(sites: readonly Site[]): ContextParallelEntry {
  const inputs = Object.fromEntries(sites.filter(isSplit).map(({ key, spec }) => [key, spec]));
  const gather = sites.find((site): site is GatherSite => !isSplit(site));
  if (gather === undefined) return inputs;
  return Object.keys(inputs).length === 0 ? gather.spec : [inputs, gather.spec];
}

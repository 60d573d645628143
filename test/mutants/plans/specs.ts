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
export type PlacedSpec =
  | { readonly module: string; readonly key: string; readonly spec: ContextParallelInput }
  | { readonly module: string; readonly key: null; readonly spec: ContextParallelOutput };

export type SplitSpec = Extract<PlacedSpec, { readonly key: string }>;
export type GatherSpec = Extract<PlacedSpec, { readonly key: null }>;

/** In the order of the plan. A list of specs is not taken apart: no plan of ours has one. */
export function specsOf(plan: ContextParallelPlan): readonly PlacedSpec[] {
  return Object.entries(plan).flatMap(([module, entry]) => {
    if (entry === undefined || typeof entry === "string") return [];
    const halves = Array.isArray(entry)
      ? (entry as readonly Exclude<ContextParallelEntry, readonly unknown[]>[])
      : [entry];
    return halves.flatMap((half): readonly PlacedSpec[] =>
      isGather(half)
        ? [{ module, key: null, spec: half }]
        : Object.entries(half).map(([key, spec]) => ({ module, key, spec: spec as ContextParallelInput })),
    );
  });
}

export function planOf(specs: readonly PlacedSpec[]): ContextParallelPlan {
  const modules = [...new Set(specs.map(({ module }) => module))];
  return Object.fromEntries(
    modules.map((module) => [module, entryOf(specs.filter((placed) => placed.module === module))]),
  );
}

export function isSplit(placed: PlacedSpec): placed is SplitSpec {
  return placed.key !== null;
}

/** `rope.0`, `proj_out` */
export function nameOf({ module, key }: PlacedSpec): string {
  return key === null ? module : `${module}.${key}`;
}

function isGather(half: unknown): half is ContextParallelOutput {
  return typeof (half as Partial<ContextParallelOutput>).gather_dim === "number";
}

function entryOf(specs: readonly PlacedSpec[]): ContextParallelEntry {
  const inputs = Object.fromEntries(specs.filter(isSplit).map(({ key, spec }) => [key, spec]));
  const gather = specs.find((placed): placed is GatherSpec => !isSplit(placed));
  if (gather === undefined) return inputs;
  return Object.keys(inputs).length === 0 ? gather.spec : [inputs, gather.spec];
}

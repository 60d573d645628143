/**
 * @file From decisions to the entries of a plan: one per module, one pattern for modules that agree. Knows the plan language, no graph.
 */
import { groupBy } from "../compiler/group.ts";
import { familyOf } from "../compiler/ir/module-paths.ts";
import type { ContextParallelInput, ContextParallelOutput } from "../compiler/plan/types.ts";
import type { Decision } from "./types.ts";

/** One spec under its key; `key` is null for an output spec. */
export interface Line {
  readonly key: string | null;
  readonly spec: ContextParallelInput | ContextParallelOutput;
  readonly why: string;
}

/** The lines of one module or pattern. */
export interface Entry {
  readonly pattern: string;
  readonly modules: readonly string[];
  readonly splits: readonly Line[];
  readonly gathers: readonly Line[];
  /** Number of outputs that a list of gathers has. */
  readonly outputs: number;
}

/** Entries in order: splits before gathers. `modules` are all modules of the model. */
export function entriesOf(decisions: readonly Decision[], modules: readonly string[]): readonly Entry[] {
  const single = [...groupBy(decisions, ({ spot }) => spot.module)].map(([module, own]) => entryOf(module, own));
  const merged = [...groupBy(single, ({ pattern }) => familyOf(pattern)).values()].flatMap((family) =>
    merge(family, modules),
  );
  return merged.toSorted((a, b) => order(a) - order(b));
}

function order({ splits }: Entry): number {
  return splits.length > 0 ? 0 : 1;
}

function entryOf(module: string, decisions: readonly Decision[]): Entry {
  const splits = decisions.filter(({ action }) => action === "split");
  const gathers = decisions.filter(({ action }) => action === "gather");
  let unnamed = 0;
  const taken = new Set(splits.flatMap(({ spot, isNamed }) => (isNamed || spot.name === null ? [] : [spot.name])));
  const keyFor = ({ spot, isNamed }: Decision): string => {
    if (!isNamed && spot.name !== null) return spot.name;
    if (spot.side === "input") return spot.value;
    // An index that no other output has: the value decides.
    while (taken.has(String(unnamed))) unnamed += 1;
    return String(unnamed++);
  };
  return {
    pattern: module,
    modules: [module],
    splits: splits.map((decision) => ({ key: keyFor(decision), spec: splitSpec(decision), why: decision.why })),
    gathers: gathers.map((decision) => ({ key: null, spec: gatherSpec(decision), why: decision.why })),
    outputs: Math.max(0, ...gathers.map(({ spot }) => spot.results)),
  };
}

function splitSpec({ spot, axis, rank, isNamed }: Decision): ContextParallelInput {
  return {
    split_dim: axis,
    expected_dims: rank,
    ...(spot.side === "output" ? { split_output: true } : {}),
    ...(isNamed ? { value: spot.value } : {}),
  };
}

function gatherSpec({ spot, axis, rank, isNamed }: Decision): ContextParallelOutput {
  return { gather_dim: axis, expected_dims: rank, ...(isNamed ? { value: spot.value } : {}) };
}

/** One pattern for entries of all modules that it would match, if they are equal and name no value. */
function merge(family: readonly Entry[], modules: readonly string[]): readonly Entry[] {
  return [...groupBy(family, contentOf).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined || alike.length < 2) return alike;
    const paths = alike.flatMap((entry) => entry.modules);
    const pattern = patternOf(paths);
    const isNamed = [...first.splits, ...first.gathers].some(({ spec }) => spec.value !== undefined);
    const matched = modules.filter((module) => matches(pattern, module));
    if (isNamed || matched.length !== paths.length) return alike;
    return [{ ...first, pattern, modules: paths }];
  });
}

function contentOf({ splits, gathers, outputs }: Entry): string {
  return JSON.stringify([splits.map(({ key, spec }) => [key, spec]), gathers.map(({ spec }) => spec), outputs]);
}

/** `*` for each segment in which the paths differ. */
function patternOf(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split("."));
  return first.map((segment, i) => (others.every((other) => other[i] === segment) ? segment : "*")).join(".");
}

function matches(pattern: string, module: string): boolean {
  const wanted = pattern.split(".");
  const found = module.split(".");
  return wanted.length === found.length && wanted.every((segment, i) => segment === "*" || segment === found[i]);
}

/** The plan as a value, as it is read from a file. */
export function planOf(entries: readonly Entry[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.map((entry) => [entry.pattern, valueOf(entry)]));
}

function valueOf({ splits, gathers, outputs }: Entry): unknown {
  const inputs = Object.fromEntries(splits.map(({ key, spec }) => [key ?? "0", spec]));
  const specs = gathers.map(({ spec }) => spec);
  const output = specs.length === 1 ? specs[0] : listOf(specs, outputs);
  if (specs.length === 0) return inputs;
  return splits.length === 0 ? output : [inputs, output];
}

/** A list has one spec, or null, for each output. */
export function listOf<T>(specs: readonly T[], outputs: number): readonly (T | null)[] {
  return [...specs, ...Array.from({ length: Math.max(0, outputs - specs.length) }, () => null)];
}

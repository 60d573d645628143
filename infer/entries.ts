/**
 * @file From decisions to the entries of a plan: one per module, one pattern for modules that agree. Knows the plan language, no graph.
 */
import { groupBy } from "../compiler/group.ts";
import { familyOf, matchesPattern } from "../compiler/ir/module-paths.ts";
import type { ContextParallelInput, ContextParallelOutput } from "../compiler/plan/types.ts";
import type { Decision } from "./decisions.ts";

/** One spec under its key: a parameter, or the index of an output; `null` for an output whose order is not known. */
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
    splits: inOrder(splits.map((one) => ({ key: keyFor(one), spec: splitSpec(one), why: one.why }))),
    gathers: gathers.map((one) => ({ key: one.isNamed ? null : one.spot.name, spec: gatherSpec(one), why: one.why })),
    outputs: Math.max(0, ...gathers.map(({ spot }) => spot.results)),
  };
}

/** Indices of outputs in their order; parameters as they are. */
function inOrder(lines: readonly Line[]): readonly Line[] {
  return lines.toSorted((a, b) => (isIndex(a) && isIndex(b) ? Number(a.key) - Number(b.key) : 0));
}

function isIndex({ key }: Line): boolean {
  return key !== null && /^\d+$/.test(key);
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
    const matched = modules.filter((module) => matchesPattern(pattern, module));
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

/** The plan as a value, as it is read from a file. */
export function planOf(entries: readonly Entry[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.map((entry) => [entry.pattern, valueOf(entry)]));
}

function valueOf(entry: Entry): unknown {
  const inputs = Object.fromEntries(entry.splits.map(({ key, spec }) => [key ?? "0", spec]));
  const output = gathersOf(entry);
  if (output === null) return inputs;
  return entry.splits.length === 0 ? output : [inputs, output];
}

/**
 * The output specs of an entry: one, or a list with one, or null, for each output of the module. Specs that name their value can stand anywhere
 * in it.
 */
export function gathersOf({
  gathers,
  outputs,
}: Entry): ContextParallelOutput | readonly (ContextParallelOutput | null)[] | null {
  const [first, ...others] = gathers;
  if (first === undefined) return null;
  if (others.length === 0 && (outputs <= 1 || first.key === null)) return first.spec as ContextParallelOutput;
  const list: (ContextParallelOutput | null)[] = Array.from({ length: Math.max(outputs, gathers.length) }, () => null);
  const isPlaced = ({ key }: Line): boolean => key !== null && Number(key) < list.length;
  for (const { key, spec } of gathers.filter(isPlaced)) list[Number(key)] = spec as ContextParallelOutput;
  for (const { spec } of gathers.filter((line) => !isPlaced(line)))
    list[list.indexOf(null)] = spec as ContextParallelOutput;
  return list;
}

/**
 * @file What a mutant of a plan is, the information that a mutation may use, and edits that mutations share. Data only; nothing is compiled
 * here.
 */
import type { ContextParallelPlan } from "../../../compiler/plan/types.ts";
import type { Label } from "./oracle.ts";
import { isSplit, planOf, type GatherSpec, type PlacedSpec, type SplitSpec } from "./specs.ts";

export interface Mutant {
  /** `drop proj_out` */
  readonly name: string;
  /** The mutation it comes from. */
  readonly kind: string;
  readonly label: Label;
  readonly plan: ContextParallelPlan;
}

/** What a mutation may know of the model: never a stage's judgement. */
export interface Subject {
  readonly family: string;
  /** Of the family: `ltx2-split` */
  readonly model: string;
  readonly specs: readonly PlacedSpec[];
  /** Module paths of the export, for moves. */
  readonly modules: readonly string[];
  /** Those with an attention. */
  readonly attentions: readonly string[];
  /** A static export folds modules away: then a name that is not there can be a folded one. */
  readonly isFixed: boolean;
  /** Markers name every parameter of every module: then nothing has to be found by inference. */
  readonly isMarked: boolean;
  /** The graph's inputs with their number of axes. */
  readonly inputs: ReadonlyMap<string, number>;
  /** The plans of the other families. */
  readonly others: readonly ContextParallelPlan[];
}

export type Unkinded = Omit<Mutant, "kind">;
export type Mutation = (subject: Subject) => readonly Unkinded[];

export const mutant = (name: string, label: Label, specs: readonly PlacedSpec[]): Unkinded => ({
  name,
  label,
  plan: planOf(specs),
});

export const without = (specs: readonly PlacedSpec[], ...gone: readonly PlacedSpec[]): readonly PlacedSpec[] =>
  specs.filter((placed) => !gone.includes(placed));

/** One placed replaced, at its place in the plan. */
export const replaced = (
  specs: readonly PlacedSpec[],
  placed: PlacedSpec,
  ...by: readonly PlacedSpec[]
): readonly PlacedSpec[] => specs.flatMap((other) => (other === placed ? by : [other]));

export const splitsOf = ({ specs }: Subject): readonly SplitSpec[] => specs.filter(isSplit);

export const gathersOf = ({ specs }: Subject): readonly GatherSpec[] =>
  specs.filter((placed): placed is GatherSpec => !isSplit(placed));

/** Number of axes of the tensor, which every plan of ours states. */
export const rankOf = (placed: PlacedSpec): number => placed.spec.expected_dims ?? 3;

/** Blocks of the export: modules whose last segment is a number. */
export const blocksOf = ({ modules }: Subject): readonly string[] =>
  modules.filter((module) => /^[^.]*blocks\.\d+$/.test(module));

/** The export's modules that a pattern means. */
export function matching({ modules }: Subject, pattern: string): readonly string[] {
  const path = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^.]+")}$`);
  return modules.filter((module) => path.test(module));
}

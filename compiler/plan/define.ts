/**
 * @file `definePlan`: returns a plan unchanged, and makes the TypeScript compiler check it. A mistake in the form of an entry fails with a
 * sentence at its position, instead of a comparison of unions.
 */
import type { AttentionScheme, ContextParallelInput, ContextParallelOutput, ContextParallelPlan } from "./types.ts";

/**
 * Declares a plan: `export default definePlan({ "": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } })`.
 * In a `*.plan.ts` file the call is evaluated statically; at run time it returns its argument.
 */
export function definePlan<const P extends PlanDraft>(plan: P & CheckedPlan<P>): P {
  return plan;
}

type Anything = string | number | boolean | null | undefined;

/** The fields of a spec, for completion: any value is accepted here, and `CheckedPlan` says what is wrong with it. */
type Draft<Spec> = { readonly [K in keyof Spec]?: Spec[K] | Anything | object };

interface InputDraft extends Draft<ContextParallelInput> {
  readonly [key: string]: unknown;
}

interface EntryDraft extends Draft<ContextParallelOutput> {
  readonly [parameter: string]: InputDraft | readonly (InputDraft | Anything)[] | Anything | object;
}

/** `string & {}` keeps the names of schemes apart from other strings. */
type Scheme = AttentionScheme | (string & {}) | Exclude<Anything, string> | object;

/** A plan while it is written: its keys, for completion. */
export interface PlanDraft extends Draft<Pick<ContextParallelPlan, "$schema" | "$comment" | "$model">> {
  readonly $batch?: Readonly<Record<string, number>> | Anything | object;
  readonly $attention?: { readonly [module: string]: Scheme } | Anything;
  readonly [module: string]:
    | EntryDraft
    | readonly (EntryDraft | readonly (EntryDraft | Anything)[] | Anything)[]
    | Anything
    | object;
}

/**
 * What stands where a plan is wrong: nothing can be assigned to it, the compiler prints the sentence, and completion shows none of its
 * members, as it would of a string.
 */
export type Mistake<Sentence extends string> = (mistake: Sentence) => never;

/**
 * `P` if every entry has one of the forms of the language, else the same with sentences at the mistakes. `unknown` for what is not written
 * yet, so that completion offers the keys of `PlanDraft`.
 */
export type CheckedPlan<P> = PlanDraft extends P ? unknown : { readonly [M in keyof P]: CheckedMember<P[M], M> };

type Reserved = "$schema" | "$comment" | "$model";

/** `$batch`: an input of the model to the axis that has the batch. */
type CheckedBatch<E> = {
  readonly [I in keyof E]: E[I] extends number ? E[I] : Mistake<"the axis of the batch is an integer">;
};

/** `$attention`: a module name or pattern to the scheme of its attention sites. */
type CheckedAttention<E> = {
  readonly [M in keyof E]: E[M] extends AttentionScheme
    ? E[M]
    : Mistake<"a scheme is gather, ulysses, ring or unified">;
};

/** Under an index signature (a plan of unknown keys) strings may replace the reserved keys. */
type CheckedMember<E, M> = M extends Reserved
  ? string
  : M extends "$batch"
    ? CheckedBatch<E>
    : M extends "$attention"
      ? CheckedAttention<E>
      : string extends M
        ? E extends string | Readonly<Record<string, number>> | Readonly<Record<string, AttentionScheme>> | undefined
          ? E
          : CheckedEntry<E>
        : M extends `$${string}`
          ? Mistake<"keys that begin with $ are reserved: $schema, $comment, $model, $batch, $attention">
          : CheckedEntry<E>;

type CheckedEntry<E> = E extends readonly unknown[]
  ? CheckedList<E>
  : E extends { readonly gather_dim: number }
    ? CheckedOutput<E>
    : E extends object
      ? CheckedInputs<E>
      : Mistake<"an entry is { inputs }, { output }, [output, ...] or [{ inputs }, output]">;

/** Outputs, or the pair of inputs and outputs: the first element decides. */
type CheckedList<E extends readonly unknown[]> = E extends readonly [infer First, ...infer Rest]
  ? First extends { readonly gather_dim: number } | null
    ? { readonly [I in keyof E]: CheckedOutputOrNull<E[I]> }
    : Rest extends readonly [infer Outputs]
      ? readonly [CheckedInputs<First>, CheckedOutputs<Outputs>]
      : Mistake<"a list that starts with inputs is [{ inputs }, output] or [{ inputs }, [output, ...]]">
  : E extends readonly []
    ? Mistake<"an empty list of outputs says nothing">
    : { readonly [I in keyof E]: CheckedOutputOrNull<E[I]> };

type CheckedOutputs<O> = O extends readonly unknown[]
  ? { readonly [I in keyof O]: CheckedOutputOrNull<O[I]> }
  : CheckedOutput<O>;

type CheckedOutputOrNull<O> = O extends null ? null : CheckedOutput<O>;

type CheckedOutput<O> = O extends { readonly gather_dim: number }
  ? Exclude<keyof O, keyof ContextParallelOutput> extends never
    ? ContextParallelOutput
    : Mistake<"an output spec has gather_dim, expected_dims, value; to split too, write [{ inputs }, { output }]">
  : Mistake<"an output spec needs gather_dim: { gather_dim: 1 }">;

type CheckedInputs<E> = { readonly [K in keyof E]: CheckedParameter<E[K]> };

type CheckedParameter<S> = S extends readonly unknown[]
  ? { readonly [I in keyof S]: CheckedInput<S[I]> }
  : CheckedInput<S>;

type CheckedInput<S> = S extends { readonly split_dim: number }
  ? Exclude<keyof S, keyof ContextParallelInput> extends never
    ? ContextParallelInput
    : "gather_dim" extends keyof S
      ? Mistake<"an input spec cannot have gather_dim: outputs are gathered at the module itself, { gather_dim: 1 }">
      : Mistake<"an input spec has split_dim, expected_dims, split_output, value">
  : Mistake<"an input spec needs split_dim under a parameter name: { hidden_states: { split_dim: 1 } }">;

/**
 * @file A written plan as a type: the same where it has one of the forms of the language, sentences where it does not, and the keys of a
 * spec that is not complete. A mistake then fails with a sentence at its position, instead of a comparison of unions.
 */
import type { PlanDraft } from "./draft.ts";
import type { AttentionScheme, ContextParallelInput, ContextParallelOutput, ReservedKeys } from "./types.ts";

/**
 * What stands where a plan is wrong: nothing can be assigned to it, the compiler prints the sentence, and completion shows none of its
 * members, as it would of a string.
 */
export type Mistake<Sentence extends string> = (mistake: Sentence) => never;

/**
 * `P` if every entry has one of the forms of the language, else the same with sentences at the mistakes. `unknown` for what is not written
 * yet, so that completion offers the keys of `PlanDraft`. The reserved keys stand here for their documentation.
 */
export type CheckedPlan<P> = PlanDraft extends P
  ? unknown
  : { readonly [M in keyof P]: CheckedMember<P[M], M> } & Documented<ReservedKeys>;

/** Keys that may be there, with their documentation and any value. */
type Documented<Keys> = { readonly [K in keyof Keys]?: unknown };

/** Under an index signature (a plan of unknown keys) strings may replace the reserved keys. */
type CheckedMember<E, M> = M extends "$schema" | "$comment" | "$model"
  ? E extends string | undefined
    ? E
    : Mistake<"$schema, $comment and $model are strings">
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

type CheckedEntry<E> = E extends readonly unknown[]
  ? CheckedList<E>
  : E extends object
    ? IsOutput<E> extends true
      ? CheckedOutput<E>
      : CheckedInputs<E>
    : Mistake<"an entry is { inputs }, { output }, [output, ...] or [{ inputs }, output]">;

/** A `gather_dim` that is a spec is a parameter of that name. */
type IsOutput<E> = E extends { readonly gather_dim: infer Dim } ? (Dim extends object ? false : true) : false;

/** Outputs, or the pair of inputs and outputs: the first element decides. */
type CheckedList<E extends readonly unknown[]> = E extends readonly [infer First, ...infer Rest]
  ? (First extends null ? true : IsOutput<First>) extends true
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

type CheckedOutput<O> = O extends object
  ? CheckedSpec<O, ContextParallelOutput, OtherOfOutput>
  : Mistake<"an output spec needs gather_dim: { gather_dim: 1 }">;

type CheckedInputs<E> = null extends E[keyof E]
  ? Mistake<"null stands for an output that is not gathered; an input that is not split is left out">
  : { readonly [K in keyof E]: CheckedParameter<E[K], K> };

type CheckedParameter<S, K> = S extends readonly unknown[]
  ? { readonly [I in keyof S]: CheckedInput<S[I]> }
  : S extends object
    ? CheckedInput<S>
    : K extends "split_dim" | "split_output"
      ? Mistake<`${K} stands under a parameter name: { hidden_states: { split_dim: 1 } }`>
      : K extends "expected_dims" | "value"
        ? Mistake<`${K} needs gather_dim in an output spec, or stands under a parameter name in an input spec`>
        : Mistake<`${Names<K>} is no key of an output spec, which has gather_dim, expected_dims, value; a parameter has an input spec: { hidden_states: { split_dim: 1 } }`>;

type CheckedInput<S> = S extends object
  ? CheckedSpec<S, ContextParallelInput, OtherOfInput>
  : Mistake<"an input spec needs split_dim under a parameter name: { hidden_states: { split_dim: 1 } }">;

/** Of a key that a spec does not have; by key where there is more to say. */
interface OtherOfOutput {
  readonly other: "an output spec has gather_dim, expected_dims, value; to split too, write [{ inputs }, { output }]";
}

interface OtherOfInput {
  readonly gather_dim: "an input spec cannot have gather_dim: outputs are gathered at the module itself, { gather_dim: 1 }";
  readonly other: "an input spec has split_dim, expected_dims, split_output, value";
}

interface Others {
  readonly other: string;
}

type Sentence<Other extends Others, K> = K extends keyof Other ? Other[K] & string : Other["other"];

type Names<K> = K extends string | number ? K : never;

/**
 * Sentences at the keys that are wrong; and the keys that are not written yet, so that the compiler names one that is missing, and completion
 * offers the others.
 */
type CheckedSpec<S, Spec, Other extends Others> = S extends Spec
  ? Exclude<keyof S, keyof Spec> extends never
    ? Spec
    : CheckedKeys<S, Spec, Other>
  : CheckedKeys<S, Spec, Other>;

type CheckedKeys<S, Spec, Other extends Others> = {
  readonly [K in keyof S]: K extends keyof Spec & keyof Kinds
    ? S[K] extends Spec[K]
      ? S[K]
      : Mistake<`${K} is ${Kinds[K]}`>
    : Mistake<Sentence<Other, K>>;
} & { readonly [K in keyof Spec]: K extends keyof S ? unknown : Spec[K] };

/** What the value of a key is. */
interface Kinds {
  readonly split_dim: "an integer, without quotes";
  readonly gather_dim: "an integer, without quotes";
  readonly expected_dims: "an integer from 1, without quotes";
  readonly split_output: "true or false, without quotes";
  readonly value: "the name of an ONNX value: a string";
}

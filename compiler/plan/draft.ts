/**
 * @file A plan while it is written, as a type: what the TypeScript language service offers where nothing stands yet. It accepts any value;
 * `checked.ts` says what is wrong with it. Knows no sentence.
 */
import type { AttentionScheme, ContextParallelInput, ContextParallelOutput, ReservedKeys } from "./types.ts";

export type Anything = string | number | boolean | null | undefined;

/** The keys of an object; any value is accepted. */
export type Draft<Keys> = { readonly [K in keyof Keys]?: Keys[K] | Anything | object };

type InputDraft = Draft<ContextParallelInput>;

/**
 * A map of inputs, or an output. Indices have no keys here: the first element of a list would get them too, since TypeScript reads the
 * element of a list from every form of an entry.
 */
interface EntryDraft extends Draft<ContextParallelOutput> {
  readonly [output: `${number}`]: Anything | object;
  readonly [parameter: string]: InputDraft | readonly (InputDraft | Anything)[] | Anything | object;
}

type ListDraft = readonly (EntryDraft | readonly (Draft<ContextParallelOutput> | Anything)[] | Anything)[];

/** `string & {}` keeps the names of schemes apart from other strings. */
type Scheme = AttentionScheme | (string & {}) | Exclude<Anything, string> | object;

/** What is accepted as a plan, with the keys that can be written at each place. */
export interface PlanDraft extends Draft<Omit<ReservedKeys, "$attention">> {
  /** Module name or pattern to the scheme of the attention sites inside; a later key replaces an earlier one. */
  readonly $attention?: { readonly [module: string]: Scheme } | Anything;
  readonly [module: string]: EntryDraft | ListDraft | Anything | object;
}

/**
 * @file The subset of JSON Schema draft-07 that our schemas use, with the extensions of editors (`errorMessage`, `defaultSnippets`, ...).
 * Knows nothing of plans.
 */

export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

export interface Snippet {
  readonly label: string;
  readonly description?: string;
  readonly body: unknown;
}

export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  /** Shown on hover, takes precedence over `description`. */
  readonly markdownDescription?: string;
  /** For each value of `enum`. */
  readonly markdownEnumDescriptions?: readonly string[];
  /** Orders the completions of `enum`. */
  readonly enumSortTexts?: readonly string[];
  /** Replaces an editor's message for `type`, `not`, `enum`, `pattern` and `additionalProperties`; also our hint for these. */
  readonly errorMessage?: string;
  /** Excluded from completions. */
  readonly doNotSuggest?: boolean;
  readonly defaultSnippets?: readonly Snippet[];
  readonly default?: unknown;
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly additionalItems?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly not?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** Keywords that editors read and validation ignores: `ajv.addVocabulary` in a strict ajv. */
export const editorKeywords: readonly string[] = [
  "markdownDescription",
  "markdownEnumDescriptions",
  "enumSortTexts",
  "errorMessage",
  "doNotSuggest",
  "defaultSnippets",
];

/** A reference to a definition of the same schema. */
export const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

/** The same text for editors that show Markdown and for those that do not. */
export const documented = (
  markdown: string,
): { readonly description: string; readonly markdownDescription: string } => ({
  description: markdown.replaceAll("`", ""),
  markdownDescription: markdown,
});

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
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  /** Shown on hover, takes precedence over `description`. */
  readonly markdownDescription?: string;
  /** Replaces an editor's message for `type`, `not` and `additionalProperties`; also our hint for these. */
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
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly not?: JsonSchema;
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** Keywords that editors read and validation ignores. */
export const editorKeywords: readonly string[] = [
  "markdownDescription",
  "errorMessage",
  "doNotSuggest",
  "defaultSnippets",
];

/**
 * @file The shape of a diagnostic and of a stage's result. Every stage returns values of these types; nothing here knows a stage.
 */

/** A place in a text. `line` and `column` count from 1, `offset` from 0, all in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A range in a file; `end` is exclusive, `file` is spelt as it was given by the caller. */
export interface Span {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

export type Severity = "error" | "warning" | "note";

/** A second place that explains a diagnostic: the other side of a conflict, a node, a module. */
export interface Related {
  readonly message: string;
  readonly file?: string;
  readonly start?: Position;
  readonly end?: Position;
  readonly node?: string;
  readonly module?: string;
}

export interface Diagnostic {
  /** Stable, `CP` and four digits. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly file?: string;
  readonly start?: Position;
  readonly end?: Position;
  readonly related: readonly Related[];
  /** What to write instead. */
  readonly hint?: string;
}

/** What a stage returns: a value only if there is no error among the diagnostics. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

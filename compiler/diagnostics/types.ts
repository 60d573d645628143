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

/** A value that JSON can write. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * What a hint says to write, as data: a change of the plan at the place of its diagnostic, or of the plan as a whole. `compiler/plan/edits/`
 * turns it into edits of the plan's text, whatever language that is in.
 */
export type Change =
  /** Replaces the text of the place, or the value written there. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly value: Json }
  /** Renames the key of the place. */
  | { readonly kind: "key"; readonly name: string }
  /** Sets a member of the object of the place, or removes it. */
  | { readonly kind: "field"; readonly key: string; readonly value: Json | undefined }
  /** Removes the member or element of the place, with a container that is empty afterwards. */
  | { readonly kind: "remove" }
  /** Adds to the plan what a module splits or gathers; what it has already stays. */
  | { readonly kind: "entry"; readonly module: string; readonly entry: Json }
  /** Adds members to a reserved key, such as `$attention`. */
  | { readonly kind: "reserved"; readonly key: string; readonly members: Readonly<Record<string, Json>> }
  /** Writes the member of the place for each of these modules instead of for its pattern. */
  | { readonly kind: "spell"; readonly modules: readonly string[] }
  /** Separates the inputs and the output of the object of the place: `[{ inputs }, { output }]`. */
  | { readonly kind: "pair" }
  /** Replaces texts of the file of the place, by offsets: what no tree of the plan shows. */
  | { readonly kind: "texts"; readonly texts: readonly TextChange[] }
  /** Puts the fields around the place under the name of a parameter: `{ "hidden_states": { ... } }`. */
  | { readonly kind: "wrap"; readonly parameter: string }
  /** Adds a member next to the place. */
  | { readonly kind: "beside"; readonly key: string; readonly value: Json }
  /** Writes the modules inside the module of the place as entries of their own. */
  | { readonly kind: "lift" }
  /** Cuts or extends the list of the place, by `null` or by its last element. */
  | { readonly kind: "resize"; readonly count: number; readonly fill: "null" | "last" }
  /** Writes the specs of the list under an output index each under an index. */
  | { readonly kind: "indices" }
  /** Replaces the list of the place by its only element, or the value of the place by a list of `count` of it. */
  | { readonly kind: "unwrap" }
  | { readonly kind: "repeat"; readonly count: number };

/** Replaces the text between two offsets. */
export interface TextChange {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One way to do what a hint says. */
export interface Fix {
  /** In the imperative: `write "split_dim": 1`. */
  readonly title: string;
  readonly change: Change;
  /** The change in the text of the file; only where that text is known and the change has one place in it. */
  readonly edits?: readonly TextEdit[];
}

/** Replaces a range of a file. */
export interface TextEdit extends Span {
  readonly text: string;
}

/** What a diagnostic is about, as data: what acts on a refusal reads this, and never its text. */
export interface About {
  /** A node of the graph, by name, and its module. */
  readonly node?: string;
  readonly module?: string;
  /** Plan entries, by the pointers of their origins. */
  readonly entries?: readonly string[];
  /** A parameter of a module, or one of its outputs, that a plan entry addresses. */
  readonly place?: Place;
  /** Equal in diagnostics of one mistake, which are said once. */
  readonly alike?: string;
}

export interface Place {
  readonly module: string;
  readonly side: "input" | "output";
  readonly parameter: string | null;
  /** The index of an output, the position of a list member, else `null`. */
  readonly index: number | null;
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
  /** The hint as edits, where it says what to write; the first one is the likeliest. */
  readonly fixes?: readonly Fix[];
  /** For the search for a plan; not in reports. */
  readonly about?: About;
}

/** As reports and programs have it. */
export type Reported = Omit<Diagnostic, "fixes" | "about">;

/** What a stage returns: a value only if there is no error among the diagnostics. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * @file Makes diagnostics from the catalogue and combines results. Knows the catalogue's form, not its entries.
 */
import { limits } from "../limits/limits.ts";
import type { About, Diagnostic, Fix, Related, Reported, Result, Severity, Span } from "./types.ts";

/** One entry of a catalogue: the texts of one code. `P` are their typed parameters. */
export interface Message<P> {
  readonly code: string;
  readonly severity: Severity;
  /** A short title for the error pages, in the form of a noun phrase. */
  readonly title: string;
  readonly message: (params: P) => string;
  readonly hint?: (params: P) => string;
  /** What the hint says, as changes of the plan; empty where it leaves that to the author. */
  readonly fixes?: (params: P) => readonly Fix[];
  /** What diagnostics of one mistake have in common, besides their code and place: they are said once (`once.ts`). */
  readonly alike?: (params: P) => string;
}

/** Where a diagnostic points to. */
export interface Where {
  readonly span?: Span | undefined;
  /** Used when there is no span, for example a model file. */
  readonly file?: string | undefined;
  readonly related?: readonly Related[] | undefined;
  /** The entries or the place that the message names; its node is that of the parameters. */
  readonly about?: About | undefined;
}

/** Builds a diagnostic from a catalogue entry. */
export function diagnose<P>(entry: Message<P>, params: P, where: Where = {}): Diagnostic {
  const file = where.span?.file ?? where.file;
  const fixes = entry.fixes?.(params) ?? [];
  const alike = entry.alike === undefined ? {} : { alike: entry.alike(params) };
  const about = { ...nodeOf(params), ...alike, ...where.about };
  return {
    code: entry.code,
    severity: entry.severity,
    message: cut(entry.message(params)),
    ...(file === undefined ? {} : { file }),
    ...(where.span === undefined ? {} : { start: where.span.start, end: where.span.end }),
    related: where.related ?? [],
    ...(entry.hint === undefined ? {} : { hint: cut(entry.hint(params)) }),
    ...(fixes.length === 0 ? {} : { fixes }),
    ...(Object.keys(about).length === 0 ? {} : { about }),
  };
}

/** In all catalogues, the parameter `node` is the name of the node that the message is about, and `module` its module. */
function nodeOf(params: unknown): About {
  if (typeof params !== "object" || params === null || !("node" in params) || typeof params.node !== "string")
    return {};
  const { node } = params;
  return "module" in params && typeof params.module === "string" ? { node, module: params.module } : { node };
}

/** Names of any length, from a file of somebody else, occur in messages. */
function cut(text: string): string {
  const { most } = limits.messageLength;
  return text.length <= most ? text : `${text.slice(0, most)}... (${text.length} characters)`;
}

/** For a report: without fixes, which are for editors that have the text of the plan, and without what the search for a plan reads. */
export function forReport(diagnostic: Diagnostic): Reported {
  const said = { ...diagnostic };
  delete said.fixes;
  delete said.about;
  return said;
}

/** A result from a value and the collected diagnostics: an error among them withholds the value. */
export function settle<T>(value: T | undefined, diagnostics: readonly Diagnostic[]): Result<T> {
  if (value === undefined || hasErrors(diagnostics)) return { ok: false, diagnostics };
  return { ok: true, value, diagnostics };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}

/** Turns warnings and the notes named by `promote` into errors (`--strict`). */
export function strictly(
  diagnostics: readonly Diagnostic[],
  promote: (diagnostic: Diagnostic) => boolean,
): readonly Diagnostic[] {
  return diagnostics.map((d) => (d.severity === "warning" || promote(d) ? { ...d, severity: "error" } : d));
}

/** Thrown for an internal error, never for a user's mistake. */
export class InternalError extends Error {
  constructor(text: string) {
    super(`internal error of onnx-context-parallel (please report it): ${text}`);
    this.name = "InternalError";
  }
}

/** Asserts what only an internal error can violate. */
export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new InternalError(text);
}

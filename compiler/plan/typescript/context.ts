/**
 * @file What the evaluation of one plan shares: the diagnostics found and the work that is left.
 */
import type { ts } from "ts-morph";
import { typescriptMessages } from "../../diagnostics/catalog/plan.ts";
import { diagnose, invariant, type Message } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Span } from "../../diagnostics/types.ts";
import type { Locate } from "../positions.ts";
import { broken, type BrokenValue, type Scope, type Value } from "./values.ts";

/** Steps: expressions evaluated, list elements and characters made. A plan of 6,000 modules takes 100,000. */
const maxSteps = 2_000_000;
/** Nested expressions and calls. Well below what the stack of a thread holds. */
const maxNesting = 400;

export type Evaluate = (context: Context, node: ts.Expression, scope: Scope) => Value;

export interface Context {
  /** The evaluator itself: calls and operators evaluate their operands through it, without importing it. */
  readonly evaluate: Evaluate;
  readonly diagnostics: Diagnostic[];
  readonly reported: Set<string>;
  /** Objects that came out of `definePlan`. */
  readonly plans: Set<Value>;
  steps: number;
  nesting: number;
  exhausted: boolean;
  readonly locates: ReadonlyMap<ts.SourceFile, Locate>;
}

export function createContext(evaluate: Evaluate, locates: ReadonlyMap<ts.SourceFile, Locate>): Context {
  return {
    evaluate,
    diagnostics: [],
    reported: new Set(),
    plans: new Set(),
    steps: 0,
    nesting: 0,
    exhausted: false,
    locates,
  };
}

/** Reports once what a function that is called many times meets many times. */
export function report<P>(context: Context, entry: Message<P>, params: P, span: Span): BrokenValue {
  const diagnostic = diagnose(entry, params, { span });
  const id = JSON.stringify([diagnostic.code, diagnostic.message, span]);
  if (!context.reported.has(id)) context.diagnostics.push(diagnostic);
  context.reported.add(id);
  return broken(span);
}

/** Reports that a limit is reached; nothing is evaluated from here on. */
export function exhaust<P>(context: Context, entry: Message<P>, params: P, span: Span): void {
  if (!context.exhausted) report(context, entry, params, span);
  context.exhausted = true;
}

/** Takes `steps` from what is left. False when nothing is left, which is reported once. */
export function spend(context: Context, steps: number, span: Span): boolean {
  context.steps += steps;
  if (context.exhausted) return false;
  if (context.steps <= maxSteps && context.nesting <= maxNesting) return true;
  const [what, limit] = context.steps > maxSteps ? ["steps", maxSteps] : ["nested expressions", maxNesting];
  exhaust(context, typescriptMessages.limit, { what: String(what), limit: Number(limit) }, span);
  return false;
}

export function spanOf(context: Context, node: ts.Node): Span {
  const file = node.getSourceFile();
  const locate = context.locates.get(file);
  invariant(locate !== undefined, "a node of an unknown source file");
  return locate(node.getStart(file), node.getEnd());
}

/**
 * @file Shared state of the evaluation of one plan: the diagnostics found and the remaining work.
 */
import type { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import { diagnose, invariant, type Message } from "../../../diagnostics/diagnose.ts";
import type { Diagnostic, Span } from "../../../diagnostics/types.ts";
import { limits } from "../../../limits/limits.ts";
import type { Locate } from "../../positions.ts";
import { broken, type BrokenValue, type Scope, type Value } from "./values.ts";

export type Evaluate = (context: Context, node: ts.Expression, scope: Scope) => Value;

export interface Context {
  /** The evaluator: calls and operators evaluate their operands through it, without importing it. */
  readonly evaluate: Evaluate;
  readonly diagnostics: Diagnostic[];
  readonly reported: Set<string>;
  /** Objects returned by `definePlan`. */
  readonly plans: Set<Value>;
  steps: number;
  nesting: number;
  exhausted: boolean;
  /** Number of errors so far, repeated ones included. */
  faults: number;
  readonly locates: ReadonlyMap<ts.SourceFile, Locate>;
  /** The names that each file declares or imports, for suggestions. */
  readonly declared: Map<ts.SourceFile, Iterable<string>>;
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
    faults: 0,
    locates,
    declared: new Map(),
  };
}

/** Reports an error once, even if a function that is called many times causes it many times. */
export function report<P>(context: Context, entry: Message<P>, params: P, span: Span): BrokenValue {
  context.faults += 1;
  if (context.faults > limits.faults.most && !context.exhausted) {
    context.exhausted = true;
    const stopped = { limit: limits.faults.most };
    context.diagnostics.push(diagnose(typescriptMessages.stopped, stopped, { span }));
  }
  if (context.exhausted && context.faults > limits.faults.most) return broken(span);
  const diagnostic = diagnose(entry, params, { span });
  const id = JSON.stringify([diagnostic.code, diagnostic.message, span]);
  if (!context.reported.has(id)) context.diagnostics.push(diagnostic);
  context.reported.add(id);
  return broken(span);
}

/** Reports that a limit is reached; nothing is evaluated afterwards. */
export function exhaust<P>(context: Context, entry: Message<P>, params: P, span: Span): void {
  if (!context.exhausted) report(context, entry, params, span);
  context.exhausted = true;
}

/** Subtracts `steps` from the remaining work. False when none is left, which is reported once. */
export function spend(context: Context, steps: number, span: Span): boolean {
  context.steps += steps;
  if (context.exhausted) return false;
  const [work, depth] = [limits.steps.most, limits.nesting.most];
  if (context.steps > work) exhaust(context, typescriptMessages.limit, { what: "steps", limit: work }, span);
  else if (context.nesting > depth) {
    exhaust(context, typescriptMessages.limit, { what: "nested expressions", limit: depth }, span);
  }
  return !context.exhausted;
}

export function spanOf(context: Context, node: ts.Node): Span {
  const file = node.getSourceFile();
  const locate = context.locates.get(file);
  invariant(locate !== undefined, "a node of an unknown source file");
  return locate(node.getStart(file), node.getEnd());
}

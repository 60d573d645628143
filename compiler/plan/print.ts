/**
 * @file Prints a validated plan, one line per spec, always the same for the same plan (`--dump plan`, golden files).
 */
import type { Span } from "../diagnostics/types.ts";
import { quote } from "./ast.ts";
import type { Plan, PlanEntry, PlanSpec } from "./types.ts";

export function printPlan(plan: Plan): string {
  const model = plan.model === null ? [] : [`model ${quote(plan.model)}`];
  return `${[...model, ...plan.entries.flatMap(entryLines)].join("\n")}\n`;
}

function entryLines({ pattern, patternSpan, specs }: PlanEntry): readonly string[] {
  return [`${quote(pattern)}${at(patternSpan)}`, ...specs.map((spec) => `  ${specLine(spec)}`)];
}

function specLine(spec: PlanSpec): string {
  const list = spec.count === null ? "" : ` of ${spec.count}`;
  const index = spec.index === null ? "" : `[${spec.index}${list}]`;
  const name = spec.parameter === null ? "" : ` ${spec.parameter}`;
  const dims = spec.expectedDims === null ? "" : `, expects ${spec.expectedDims} axes`;
  const value = spec.value === null ? "" : `, value ${quote(spec.value)}`;
  return `${spec.action} ${spec.side}${name}${index} along ${spec.dim}${dims}${value}${at(spec.origin.span)}`;
}

function at(span: Span | null): string {
  return span === null ? "" : ` @ ${span.start.line}:${span.start.column}`;
}

/**
 * @file Prints a validated plan, one line per spec, always the same for the same plan (`--dump plan`, golden files).
 */
import type { Span } from "../diagnostics/types.ts";
import { quote } from "./ast.ts";
import type { Plan, PlanEntry, PlanSpec } from "./types.ts";

export function printPlan(plan: Plan): string {
  const model = plan.model === null ? [] : [`model ${quote(plan.model)}`];
  const batch = plan.batch.map(({ input, dim, span }) => `batch ${quote(input)} along ${dim}${at(span, plan.file)}`);
  const attention = plan.attention.map(
    ({ pattern, scheme, origin }) => `attention ${quote(pattern)} by ${scheme}${at(origin.span, plan.file)}`,
  );
  return `${[...model, ...batch, ...attention, ...plan.entries.flatMap((entry) => entryLines(entry, plan.file))].join("\n")}\n`;
}

function entryLines({ pattern, patternSpan, specs }: PlanEntry, file: string | null): readonly string[] {
  return [`${quote(pattern)}${at(patternSpan, file)}`, ...specs.map((spec) => `  ${specLine(spec, file)}`)];
}

function specLine(spec: PlanSpec, file: string | null): string {
  const list = spec.count === null ? "" : ` of ${spec.count}`;
  const index = spec.index === null ? "" : `[${spec.index}${list}]`;
  const name = spec.parameter === null ? "" : ` ${spec.parameter}`;
  const dims = spec.expectedDims === null ? "" : `, expects ${spec.expectedDims} axes`;
  const value = spec.value === null ? "" : `, value ${quote(spec.value)}`;
  return `${spec.action} ${spec.side}${name}${index} along ${spec.dim}${dims}${value}${at(spec.origin.span, file)}`;
}

/** Line and column; the file too where a part of a TypeScript plan comes from another one. */
function at(span: Span | null, file: string | null): string {
  if (span === null) return "";
  const other = span.file === file ? "" : `${span.file}:`;
  return ` @ ${other}${span.start.line}:${span.start.column}`;
}

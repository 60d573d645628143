/**
 * @file Stage 2: from the tree of a plan to the `Plan`. First the shape by the schema, then the rules in order; one run finds all mistakes.
 * Knows no file and no model.
 */
import { settle } from "../../diagnostics/diagnose.ts";
import type { Result } from "../../diagnostics/types.ts";
import { type PlanAst, member } from "../ast.ts";
import { isScheme } from "../schemes.ts";
import type { Plan, PlanAttention, PlanBatch, PlanSpec } from "../types.ts";
import { attentionMembers, entriesOf, isTrue, numberIn, type RawSpec, stringIn } from "./entries.ts";
import { inTextOrder } from "./order.ts";
import { joinWhere } from "./places.ts";
import { checkPlanShape } from "./plan-shape.ts";
import { dimFitsExpectedDims } from "./rules/dimension.ts";
import { indexMeansOutput } from "./rules/output-index.ts";
import { wellFormedPattern } from "./rules/pattern.ts";
import type { Rule } from "./rules/rule.ts";
import { checkSize } from "./size.ts";
import { hasContent } from "./rules/content.ts";
import { valueNamesOneModule } from "./rules/value-name.ts";

/** Independent of each other; the order follows a plan from outside in: entry, module, key, fields. */
const rules: readonly Rule[] = [
  hasContent,
  wellFormedPattern,
  indexMeansOutput,
  dimFitsExpectedDims,
  valueNamesOneModule,
];

export function validatePlan(ast: PlanAst): Result<Plan> {
  // A plan beyond the limits is not checked further.
  const size = checkSize(ast.root, "the plan");
  if (size !== undefined) return { ok: false, diagnostics: [size] };
  const entries = entriesOf(ast);
  const found = [...checkPlanShape(ast), ...rules.flatMap((rule) => rule(entries, ast))];
  const model = member(ast.root, "$model")?.value;
  const plan: Plan = {
    file: ast.file,
    written: null,
    span: ast.root.span,
    model: model?.kind === "scalar" && typeof model.value === "string" ? model.value : null,
    batch: batchOf(ast),
    attention: attentionOf(ast),
    entries: entries.map(({ pattern, patternSpan, specs }) => ({ pattern, patternSpan, specs: specs.map(toSpec) })),
  };
  return settle(plan, inTextOrder(found));
}

/** The numbers of `$batch`; the shape check reports everything else. */
function batchOf(ast: PlanAst): readonly PlanBatch[] {
  const stated = member(ast.root, "$batch")?.value;
  if (stated?.kind !== "object") return [];
  return stated.members.flatMap(({ key: input, keySpan: span, value }) =>
    value.kind === "scalar" && typeof value.value === "number" ? [{ input, dim: value.value + 0, span }] : [],
  );
}

/** The schemes of `$attention`; the shape check reports everything else. */
function attentionOf(ast: PlanAst): readonly PlanAttention[] {
  return attentionMembers(ast).flatMap(({ key: pattern, keySpan, value }) => {
    const scheme = value.kind === "scalar" ? value.value : null;
    if (!isScheme(scheme)) return [];
    return [{ pattern, scheme, origin: { pointer: joinWhere("$attention", pattern), span: value.span, keySpan } }];
  });
}

function toSpec(spec: RawSpec): PlanSpec {
  const isInput = spec.kind === "input";
  const isOutput = !isInput || isTrue(spec, "split_output");
  const outputPosition = isInput ? Number(spec.key) : (spec.position ?? 0);
  return {
    action: isInput ? "split" : "gather",
    side: isOutput ? "output" : "input",
    parameter: isOutput ? null : spec.key,
    index: isOutput ? outputPosition : spec.position,
    count: spec.count,
    // Adding 0 makes 0 of -0.
    dim: (numberIn(spec, isInput ? "split_dim" : "gather_dim") ?? 0) + 0,
    expectedDims: numberIn(spec, "expected_dims"),
    value: stringIn(spec, "value"),
    origin: { pointer: spec.where, span: spec.node.span, keySpan: spec.keySpan },
  };
}

/**
 * @file Rule: an axis is within the rank that the same spec expects.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import { member } from "../../ast.ts";
import { numberIn } from "../entries.ts";
import type { Rule } from "./rule.ts";

export const dimFitsExpectedDims: Rule = (entries) =>
  entries.flatMap(({ specs }) =>
    specs.flatMap((spec) => {
      const key = spec.kind === "input" ? "split_dim" : "gather_dim";
      const dim = numberIn(spec, key);
      const expected = numberIn(spec, "expected_dims");
      if (dim === null || expected === null || expected < 1 || (-expected <= dim && dim < expected)) return [];
      const span = member(spec.node, key)?.value.span ?? undefined;
      return [diagnose(planMessages.dimOutOfRange, { where: spec.where, key, dim, expected }, { span })];
    }),
  );

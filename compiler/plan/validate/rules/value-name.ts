/**
 * @file Rule: `value` names one ONNX value, so it is not allowed under a pattern for several modules.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import { member, quote } from "../../ast.ts";
import { stringIn } from "../entries.ts";
import type { Rule } from "./rule.ts";

export const valueNamesOneModule: Rule = (entries) =>
  entries
    .filter(({ pattern }) => pattern.split(".").includes("*"))
    .flatMap(({ pattern, specs }) =>
      specs.flatMap((spec) => {
        const value = stringIn(spec, "value");
        if (value === null) return [];
        const span = member(spec.node, "value")?.value.span ?? undefined;
        const params = { where: spec.where, pattern, value: quote(value) };
        return [diagnose(planMessages.valueUnderWildcard, params, { span })];
      }),
    );

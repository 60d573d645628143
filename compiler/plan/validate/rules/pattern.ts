/**
 * @file Rule: a module name is a dotted path in which `*` matches whole segments.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import { quote } from "../../ast.ts";
import { attentionMembers } from "../entries.ts";
import type { Rule } from "./rule.ts";

export const wellFormedPattern: Rule = (entries, ast) => {
  const ofAttention = attentionMembers(ast).map(({ key, keySpan }) => ({ pattern: key, patternSpan: keySpan }));
  return [...entries, ...ofAttention].flatMap(({ pattern, patternSpan }) => {
    const fault = faultOf(pattern);
    if (fault === undefined) return [];
    const params = { pattern: quote(pattern), ...fault };
    return [diagnose(planMessages.badPattern, params, { span: patternSpan ?? undefined })];
  });
};

interface Fault {
  readonly problem: string;
  readonly advice: string;
  /** The name as it should be, where that is certain. */
  readonly meant: string | null;
}

function faultOf(pattern: string): Fault | undefined {
  if (pattern === "") return undefined;
  if (pattern.trim() !== pattern) {
    return { problem: "has spaces around it", advice: `write ${quote(pattern.trim())}`, meant: pattern.trim() };
  }
  if (pattern.startsWith("/")) {
    const dotted = pattern.replace(/^\/+|\/+$/g, "").replaceAll("/", ".");
    return {
      problem: "is written like an ONNX node",
      advice: `write module names with dots and without a leading slash: ${quote(dotted)}`,
      meant: dotted,
    };
  }
  const segments = pattern.split(".");
  if (segments.includes("")) {
    const joined = segments.filter((segment) => segment !== "").join(".");
    return {
      problem: "has an empty segment",
      advice: `write ${quote(joined)}; "" alone is the whole model`,
      meant: joined,
    };
  }
  const odd = segments.find((segment) => segment.includes("*") && segment !== "*");
  if (odd === undefined) return undefined;
  const whole = segments.map(wholeSegment).join(".");
  return {
    problem: `has "*" next to other characters in ${quote(odd)}`,
    advice: `"*" matches one whole segment; write ${quote(whole)}`,
    meant: whole,
  };
}

/** `blocks*` means the children of `blocks`; `**` and all other forms one segment. */
function wholeSegment(segment: string): string {
  if (!segment.includes("*")) return segment;
  const [, name] = /^([^*]+)\*+$/.exec(segment) ?? [];
  return name === undefined ? "*" : `${name}.*`;
}

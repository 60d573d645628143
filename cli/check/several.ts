/**
 * @file The outcomes of several plans as one: each under its name, and the worst exit code. Knows no plan.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { EXIT, type Outcome } from "../outcome.ts";

export interface Named {
  readonly plan: string;
  readonly outcome: Outcome;
}

/** A note that says the same for every plan is kept once. */
export function combined(all: readonly Named[]): Outcome {
  const [only] = all;
  if (only !== undefined && all.length === 1) return only.outcome;
  const diagnostics = new Map(
    all.flatMap(({ outcome }) => outcome.diagnostics).map((one) => [JSON.stringify(one), one]),
  );
  const texts = all.map(
    ({ plan, outcome }) => `${plan}\n${indented(outcome.text)}${outcome.exitCode === EXIT.fine ? "" : failed(outcome)}`,
  );
  return {
    diagnostics: [...diagnostics.values()],
    result: {
      plans: all.map(({ plan, outcome }) => ({ plan, ok: outcome.exitCode === EXIT.fine, result: outcome.result })),
    },
    text: texts.join("\n"),
    exitCode: Math.max(...all.map(({ outcome }) => outcome.exitCode)),
  };
}

function failed({ diagnostics }: Outcome): string {
  const errors = diagnostics.filter(({ severity }: Diagnostic) => severity === "error").length;
  return `  failed: ${errors} error${errors === 1 ? "" : "s"}\n`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

/**
 * @file Results of cases: the record of one, counts of many, and violations of the expected outcome.
 */
import type { Case } from "./census.ts";
import type { Outcome, Verdict } from "./judge.ts";
import type { Label } from "./plans/oracle.ts";

/** A judged case, as one line of JSON holds it. */
export interface Finding extends Omit<Case, "judge">, Verdict {
  readonly milliseconds: number;
}

export const OUTCOMES: readonly Outcome[] = ["ran", "refused", "wrong", "crashed", "hung"];
export const LABELS: readonly Label[] = ["must-run", "must-refuse", "either"];

export async function judged({ judge, ...about }: Case): Promise<Finding> {
  const begun = performance.now();
  const verdict = await judge();
  return { ...about, ...verdict, milliseconds: Math.round(performance.now() - begun) };
}

export type Counts = Readonly<Record<Outcome | Label | "mutants" | "onRanks", number>>;

export function countsOf(findings: readonly Finding[]): Counts {
  const by = (test: (finding: Finding) => boolean): number => findings.filter(test).length;
  const outcomes = OUTCOMES.map((outcome) => [outcome, by((finding) => finding.outcome === outcome)]);
  const labels = LABELS.map((label) => [label, by((finding) => finding.label === label)]);
  const onRanks = by((finding) => finding.onRanks && finding.outcome === "ran");
  return { mutants: findings.length, ...Object.fromEntries([...outcomes, ...labels]), onRanks } as Counts;
}

/** What is not as it must be: one line for each. */
export function faultsOf(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ name, label, outcome, why }) => {
    const isFine = (outcome === "ran" && label !== "must-refuse") || (outcome === "refused" && label !== "must-run");
    return isFine ? [] : [`${name}: ${label}, ${outcome} ${why}`];
  });
}

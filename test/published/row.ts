/**
 * @file One row of docs/published-plans.md: a plan and the shipped one on one export. Knows no page.
 */
import { shippedPlan } from "../support/compiled.ts";
import type { Case } from "./inputs.ts";
import type { Row } from "./page.ts";
import { compared, sampleOf, verdictOf } from "./verdict.ts";

/** `simulated`: whether every value of an accepted plan is compared with the unsplit model. */
export async function rowOf(one: Case, simulated: boolean): Promise<Row> {
  const { published, file } = one;
  const sample = await sampleOf(file);
  const verdicts: Row["verdicts"][number][] = [];
  for (const mesh of compared)
    verdicts.push({
      own: await verdictOf(file, published.plan, mesh, sample, simulated),
      shipped: await verdictOf(file, shippedPlan(published.shipped), mesh, sample, false),
    });
  return { ...one, size: sample.size, verdicts };
}

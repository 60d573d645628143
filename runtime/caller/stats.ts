/**
 * @file What a run cost: time of every step, bytes and time of every collective, by rank. Knows no session.
 */
import type { CollectiveStep, Program } from "../../program/types.ts";
import type { RankReport } from "../messages.ts";
import { stepName } from "../rank/place.ts";

export interface StepStats {
  readonly index: number;
  readonly kind: "piece" | "collective" | "hook";
  /** `piece p2`, `ulysses in attn.q`, `hook post_forward` */
  readonly name: string;
  readonly module: string;
  /** By rank; waiting for slower ranks counts to a collective. */
  readonly milliseconds: readonly number[];
}

export interface CollectiveStats {
  readonly index: number;
  readonly name: string;
  readonly collective: CollectiveStep["collective"];
  readonly purpose: string;
  readonly module: string;
  /** Bytes that left each rank for others; a block that several ranks read counts for each. */
  readonly bytes: readonly number[];
  readonly milliseconds: readonly number[];
}

export interface RunStats {
  /** From dispatch to the last rank's answer. */
  readonly milliseconds: number;
  readonly steps: readonly StepStats[];
  readonly collectives: readonly CollectiveStats[];
}

export function runStats(program: Program, reports: readonly RankReport[], milliseconds: number): RunStats {
  const times = (index: number): readonly number[] => reports.map((report) => report.times[index] ?? 0);
  const steps = program.steps.map((step, index): StepStats => {
    return { index, kind: step.kind, name: stepName(step), module: step.module, milliseconds: times(index) };
  });
  const collectives = program.steps.flatMap((step, index): readonly CollectiveStats[] => {
    if (step.kind !== "collective") return [];
    const { name, collective, purpose, module } = step;
    const bytes = reports.map((report) => report.sent[index] ?? 0);
    return [{ index, name, collective, purpose, module, bytes, milliseconds: times(index) }];
  });
  return { milliseconds, steps, collectives };
}

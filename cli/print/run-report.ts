/**
 * @file The report of a run: its cost, its outputs, and how they compare with the unsplit model.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import type { Comparison } from "../../runtime/verify.ts";
import { EXIT, type Outcome, outcome } from "../outcome.ts";
import { meshText, ranksOf } from "../../program/mesh.ts";
import { short, table } from "./table.ts";
import { failure, written } from "./verification.ts";

/** What one run cost: milliseconds, and bytes that left their rank. */
export interface Step {
  readonly milliseconds: number;
  readonly bytes: number;
}

export interface Ran {
  readonly program: Program;
  readonly notes: readonly Diagnostic[];
  readonly outputs: OrtTensors;
  readonly steps: readonly Step[];
  /** `null` where nothing was compared. */
  readonly comparisons: readonly Comparison[] | null;
}

export function ended({ program, notes, outputs, steps, comparisons }: Ran): Outcome {
  const failures = (comparisons ?? []).filter(({ ok }) => !ok).map(failure);
  const result = {
    mesh: program.mesh,
    steps,
    outputs: Object.entries(outputs).map(([name, { elem, dims }]) => ({ name, elem, shape: dims })),
    verification: comparisons?.map(written) ?? null,
  };
  const { milliseconds, bytes } = mean(steps);
  const ranks = ranksOf(program.mesh);
  const cost = `${short(milliseconds)} ms, ${bytes.toLocaleString("en")} bytes between ranks`;
  const text = `${ranks} ranks (${meshText(program.mesh)}), ${steps.length} x ${cost}\n\n${outputTable(outputs, comparisons)}`;
  const base = outcome([...notes, ...failures], result, text);
  return failures.length === 0 ? base : { ...base, exitCode: EXIT.unverified };
}

/** The first run warms up; it counts only if it is the only one. */
function mean(steps: readonly Step[]): Step {
  const counted = steps.length > 1 ? steps.slice(1) : steps;
  const of = (key: keyof Step): number => counted.reduce((sum, step) => sum + step[key], 0) / counted.length;
  return { milliseconds: of("milliseconds"), bytes: of("bytes") };
}

function outputTable(outputs: OrtTensors, comparisons: readonly Comparison[] | null): string {
  const found = new Map(comparisons?.map((comparison) => [comparison.name, comparison]));
  const rows = Object.entries(outputs).map(([name, { elem, dims }]) => {
    const c = found.get(name);
    const differences = c ? [c.ok ? "agrees" : "DIFFERS", short(c.largest_absolute), short(c.largest_relative)] : [];
    const allowed = c ? [c.because === "exact" ? "exact" : `${c.tolerance.atol} (${c.because})`] : [];
    return [name, elem, `(${dims.join(", ")})`, ...differences, ...allowed];
  });
  const compared = ["unsplit", "largest difference", "relative", "tolerance"];
  const header = ["output", "type", "shape", ...(comparisons ? compared : [])];
  return table(header, rows);
}

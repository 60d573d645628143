/**
 * @file `bench`: measures a plan on its ranks in turn with one plain session of the unsplit model on the same cores.
 */
import { join } from "node:path";
import { compileStages } from "../../compiler/compile.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../compiler/temporary/folders.ts";
import { readNpz } from "../../ort/files/npz.ts";
import { comparisonOf } from "../bench/comparison.ts";
import type { Comparison } from "../bench/comparison.ts";
import type { Alone } from "../bench/measure.ts";
import type { OperatorTime } from "../bench/operators.ts";
import { measureAlone, measureInTurn, measureOperators } from "../bench/measure.ts";
import type { Side } from "../bench/sides/process.ts";
import { resultOf } from "../bench/result.ts";
import type { CommandIo, Io } from "../io.ts";
import type { CompileOptions } from "../options.ts";
import { type Outcome, outcome } from "../outcome.ts";
import { benchOutcome } from "../print/bench-report.ts";
import { startProgress } from "../print/progress.ts";
import { requestOf } from "../request.ts";
import { checkDevices } from "../run/devices.ts";
import { compareRuns } from "../run/compare.ts";
import { sampleFeeds } from "../run/sample-feeds.ts";

export interface BenchOptions extends CompileOptions {
  readonly inputs?: string;
  readonly rounds: number;
}

export async function bench(plan: string, options: BenchOptions, io: CommandIo): Promise<Outcome> {
  const given = options.inputs === undefined ? null : await readNpz(options.inputs);
  if (given?.ok === false) return outcome(given.diagnostics);
  const request = await requestOf(plan, options, io);
  if (!request.ok) return outcome(request.diagnostics);
  const { stages, diagnostics } = await compileStages({ ...request.value, signal: io.signal });
  const found = [...request.diagnostics, ...diagnostics];
  const { sharded, lowered } = stages;
  if (sharded === undefined || lowered === undefined) return outcome(found);
  const missing = await checkDevices(lowered.program, options.devices);
  if (hasErrors(missing)) return outcome([...found, ...missing]);
  const temporary = makeTemporaryFolder();
  try {
    const written = await writeProgram(lowered, join(temporary, "program"), { signal: io.signal });
    if (!written.ok) return outcome([...found, ...written.diagnostics]);
    const subject = {
      compiled: written.value,
      model: request.value.model,
      feeds: given?.value ?? sampleFeeds(sharded),
    };
    const comparison = comparisonOf(subject, options.devices ?? null, temporary);
    if (!comparison.ok) return outcome([...found, ...comparison.diagnostics]);
    return await measured(comparison.value, subject.feeds, options.rounds, found, io);
  } finally {
    removeTemporaryFolder(temporary);
  }
}

async function measured(
  comparison: Comparison,
  feeds: OrtTensors,
  rounds: number,
  found: readonly Diagnostic[],
  io: Io,
): Promise<Outcome> {
  const { model, folder } = comparison;
  const sides: readonly Side[] = [comparison.plain, comparison.split];
  // Each side alone, the rounds, the operators of each side.
  const progress = await startProgress("measurement", rounds + 2 * sides.length, io);
  let done = 0;
  const advance = (what: string): void => progress.update((done += 1), what);
  try {
    const alone: Alone[] = [];
    for (const side of sides) {
      alone.push(await measureAlone(side, io.signal));
      advance(`${side.name} alone`);
    }
    const runs = await measureInTurn(sides, rounds, io.signal, advance);
    const operators: (readonly OperatorTime[])[] = [];
    for (const side of sides) {
      operators.push(await measureOperators(side, folder, io.signal));
      advance(`operators of ${side.name}`);
    }
    const [plain, split] = alone.map((one, i) => ({ alone: one, runs: runs[i]!, operators: operators[i]! }));
    const comparisons = await compareRuns(model, feeds, split!.alone.outputs, plain!.alone.outputs);
    const result = resultOf(comparison, { plain: plain!, split: split! });
    return benchOutcome(result, [...found, ...split!.alone.started.notes], comparisons);
  } finally {
    progress.stop();
  }
}
